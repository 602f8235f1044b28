"""What a supplier promises of his machines and his service, and what a miss costs him.

Pure data. The formulas of the indicators are in `indicators/`, those of the credits in
`credits.py`. A contract has either the one `Guarantee` of its availability that all time counts
for, or any number of the kinds of `ServiceGuarantee`, which know calendars, agreed exclusions,
incidents and exclusivity groups.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

from lineshaft.core.period import Period
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.contracts.calendars import BusinessCalendar, open_periods
from lineshaft.services.contracts.content import Frozen, LocalText, TermsInvalid, check_id
from lineshaft.services.contracts.credits import CreditStep, CreditTerms, Direction
from lineshaft.services.contracts.indicators.classification import (
    Cause,
    Claim,
    ClassifiedInterval,
    TimeClass,
    UnknownPolicy,
    claims_of_states,
    classify,
)
from lineshaft.services.contracts.indicators.incident_clock import Statistic
from lineshaft.services.contracts.indicators.response_time import ResponseMilestone
from lineshaft.services.contracts.meters import MeterTerms
from lineshaft.services.incidents.model import AgreedExclusion, ExclusionCategory
from lineshaft.services.metering.model import UsageRecord

GUARANTEES_MAX = 20
PERCENT = 100
_EXCLUDED_BY = {
    ExclusionCategory.FORCE_MAJEURE: Cause.FORCE_MAJEURE,
    ExclusionCategory.CUSTOMER: Cause.CUSTOMER,
    ExclusionCategory.MAINTENANCE: Cause.MAINTENANCE,
}


class GuaranteeStep(Frozen, frozen=True):
    """The credit from an availability of `at_least` on, up to the step or the target above it.

    Both in percent: of the required time, and of the base fee of the period.
    """

    at_least: Fraction
    credit: Fraction


class Guarantee(Frozen, frozen=True):
    """The availability that the supplier promises, and what the customer gets when it is missed.

    Attributes:
        meter: a state-duration meter; its states are classified by `classes`.
        classes: class of each state that the signal can have; any other is unknown.
        unknown_policy: what counts for time in which no state is known.
        target: in percent; reached when the exact availability is not below it.
        steps: in falling order below the target; the last begins at 0.
        cap: the most that is credited, in percent of the base fee.
    """

    id: str
    description: LocalText
    meter: MeterTerms
    classes: dict[str, TimeClass]
    unknown_policy: UnknownPolicy
    target: Fraction
    steps: tuple[GuaranteeStep, ...]
    cap: Fraction

    def __post_init__(self) -> None:
        """Refuse another kind of meter, and steps that contradict each other."""
        check_id(self.id, "guarantee")
        _check_kind(self.id, self.meter, "state_duration")
        _check_share(self.id, self.target)
        if self.cap > PERCENT or any(step.credit > PERCENT for step in self.steps):
            msg = (
                f"guarantee {self.id}: expected credits and a cap of at most 100 % of the base fee"
            )
            raise TermsInvalid(msg)
        _ = self.credit_terms

    @property
    def credit_terms(self) -> CreditTerms:
        """The same as ratios, as the formulas take them."""
        steps = [CreditStep(step.at_least / PERCENT, step.credit / PERCENT) for step in self.steps]
        return CreditTerms(self.target / PERCENT, tuple(steps), self.cap / PERCENT)


class CreditBand(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """The credit for values missed up to and including `until`; without it: for all that is left.

    `credit` is in percent of the base fee of the period.
    """

    until: Fraction | None = None
    credit: Fraction


class CreditSchedule(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """What a miss costs, in percent of the base fee of the period: by bands, or by a slope.

    Attributes:
        bands: from the target away; the last without an end.
        slope: percent for each unit of the target (point of percent, hour) that is missed.
        cap: the most that this guarantee credits in a period.
        group: of the guarantees with the same name here, only the largest credit is granted.
    """

    bands: tuple[CreditBand, ...] = ()
    slope: Fraction | None = None
    cap: Fraction
    group: str = ""

    def __post_init__(self) -> None:
        """Refuse more than the whole fee."""
        if self.group:
            check_id(self.group, "exclusivity group")
        if self.cap > PERCENT or any(band.credit > PERCENT for band in self.bands):
            msg = "credits: expected credits and a cap of at most 100 % of the base fee"
            raise TermsInvalid(msg)


class _Promised(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """What all guarantees of a list have.

    Attributes:
        target: in percent for a ratio; else in `unit`. Reached at it exactly.
        credit: what a miss costs.
    """

    id: str
    description: LocalText
    target: Fraction
    credit: CreditSchedule

    direction: ClassVar[Direction] = Direction.AT_LEAST
    scale: ClassVar[int] = PERCENT
    """How many of the target are 1 of the indicator."""

    def __post_init__(self) -> None:
        """Refuse a schedule that contradicts itself."""
        check_id(self.id, "guarantee")
        if self.scale == PERCENT:
            _check_share(self.id, self.target)
        _ = self.credit_terms

    @property
    def indicator(self) -> str:
        """The name of what is judged, as the terms spell it."""
        return str(self.__struct_config__.tag)

    @property
    def group(self) -> str:
        """The exclusivity group; a guarantee without one is alone in its own."""
        return self.credit.group or f"/{self.id}"

    @property
    def credit_terms(self) -> CreditTerms:
        """The credit as the formulas take it, in the unit of the indicator."""
        schedule = self.credit
        steps = [
            CreditStep(
                None if band.until is None else band.until / self.scale, band.credit / PERCENT
            )
            for band in schedule.bands
        ]
        slope = None if schedule.slope is None else schedule.slope * self.scale / PERCENT
        cap = schedule.cap / PERCENT
        return CreditTerms(self.target / self.scale, tuple(steps), cap, self.direction, slope)

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return what is measured on each machine, in the order in which it is judged."""
        return ()


class _Classified(_Promised, frozen=True, kw_only=True):
    """What is judged on the class of each moment.

    Attributes:
        meter: a state-duration meter that keeps its spans: when counts, not only how long.
        classes: class of each state that the signal can have; any other is unknown.
        unknown_policy: what counts for time in which no state is known.
        calendar: the required time; all time without one.
    """

    meter: MeterTerms
    classes: dict[str, TimeClass]
    unknown_policy: UnknownPolicy
    calendar: BusinessCalendar | None = None

    def __post_init__(self) -> None:
        """Refuse a meter that does not say when which state was."""
        super().__post_init__()
        _check_kind(self.id, self.meter, "state_duration")
        if not self.meter.parameters.get("keeps_spans"):
            msg = (
                f"guarantee {self.id}: expected a meter with keeps_spans = true, as it counts when "
            )
            msg += "a state was"
            raise TermsInvalid(msg)

    def required(self, period: Period) -> list[Period]:
        """Return the required time of a period, disjoint and in time order."""
        return [period] if self.calendar is None else open_periods(self.calendar, period)

    def classified(
        self, record: UsageRecord, exclusions: Iterable[AgreedExclusion]
    ) -> list[ClassifiedInterval]:
        """Return the time line of one machine: its required time, each moment of one class.

        Args:
            record: of `meter`; its spans are the time line.
            exclusions: that both sides agreed to; those of other machines change nothing.
        """
        period = record.period
        claims = claims_of_states(period.start, record.spans, self.classes, self.unknown_policy)
        claims += [
            Claim(each.period, _EXCLUDED_BY[each.category])
            for each in exclusions
            if each.machine == record.meter.machine
        ]
        return classify(self.required(period), claims)


class AvailabilityGuarantee(
    _Classified, frozen=True, kw_only=True, tag_field="indicator", tag="availability"
):
    """The share of the required time, exclusions aside, in which the machines were up."""

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return the state meter."""
        return (self.meter,)


class ProductionGuarantee(
    _Classified, frozen=True, kw_only=True, tag_field="indicator", tag="production_availability"
):
    """The share of what could have been produced that was, of what the provider answers for.

    Attributes:
        output: what was produced.
        rated_per_hour: what an hour of down time would have produced, in the unit of `output`.
    """

    output: MeterTerms
    rated_per_hour: Fraction

    def __post_init__(self) -> None:
        """Refuse a rate of nothing."""
        super().__post_init__()
        _check_positive(self.id, "rated_per_hour", self.rated_per_hour)

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return the state meter and the output."""
        return self.meter, self.output


class QualityGuarantee(_Promised, frozen=True, kw_only=True, tag_field="indicator", tag="quality"):
    """The share of the items produced that are good; both in the same unit."""

    produced: MeterTerms
    good: MeterTerms

    def __post_init__(self) -> None:
        """Refuse two meters that count different things."""
        super().__post_init__()
        conversion_factor(self.good.unit, self.produced.unit)

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return produced and good."""
        return self.produced, self.good


class ThroughputGuarantee(
    _Promised, frozen=True, kw_only=True, tag_field="indicator", tag="throughput"
):
    """Items against what the production time allows: planned seconds for each item."""

    produced: MeterTerms
    production_time: MeterTerms
    planned_s_per_item: Fraction

    def __post_init__(self) -> None:
        """Refuse a production time that is no time, and items that take none."""
        super().__post_init__()
        conversion_factor(self.production_time.unit, "SEC")
        _check_positive(self.id, "planned_s_per_item", self.planned_s_per_item)

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return items and production time."""
        return self.produced, self.production_time


class OeeGuarantee(_Promised, frozen=True, kw_only=True, tag_field="indicator", tag="oee"):
    """Overall equipment effectiveness; the planned busy time is that of the calendar, or all."""

    produced: MeterTerms
    good: MeterTerms
    production_time: MeterTerms
    planned_s_per_item: Fraction
    calendar: BusinessCalendar | None = None

    def __post_init__(self) -> None:
        """Refuse meters of other things."""
        super().__post_init__()
        conversion_factor(self.good.unit, self.produced.unit)
        conversion_factor(self.production_time.unit, "SEC")
        _check_positive(self.id, "planned_s_per_item", self.planned_s_per_item)

    def required(self, period: Period) -> list[Period]:
        """Return the planned busy time of a period, disjoint and in time order."""
        return [period] if self.calendar is None else open_periods(self.calendar, period)

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return produced, good and production time."""
        return self.produced, self.good, self.production_time


class EnergyGuarantee(_Promised, frozen=True, kw_only=True, tag_field="indicator", tag="energy"):
    """At most so much energy for each unit of output, in the units of the two meters."""

    energy: MeterTerms
    output: MeterTerms

    direction: ClassVar[Direction] = Direction.AT_MOST
    scale: ClassVar[int] = 1

    def meters(self) -> tuple[MeterTerms, ...]:
        """Return energy and output."""
        return self.energy, self.output


class ResponseGuarantee(
    _Promised, frozen=True, kw_only=True, tag_field="indicator", tag="response_time"
):
    """At most so many hours from the report of an incident to the response.

    Attributes:
        milestone: what counts as the response.
        statistic: what is judged of all incidents that were reported in the period.
        calendar: the hours in which the clock runs; at all times without one.
    """

    milestone: ResponseMilestone
    statistic: Statistic = Statistic.LONGEST
    calendar: BusinessCalendar | None = None

    direction: ClassVar[Direction] = Direction.AT_MOST
    scale: ClassVar[int] = 1


class RestorationGuarantee(
    _Promised, frozen=True, kw_only=True, tag_field="indicator", tag="restoration_time"
):
    """At most so many hours from the report of an incident until the function is restored.

    Attributes:
        statistic: what is judged of all incidents that were reported in the period.
        calendar: the hours in which the clock runs; at all times without one.
    """

    statistic: Statistic = Statistic.LONGEST
    calendar: BusinessCalendar | None = None

    direction: ClassVar[Direction] = Direction.AT_MOST
    scale: ClassVar[int] = 1


ServiceGuarantee = (
    AvailabilityGuarantee
    | ProductionGuarantee
    | QualityGuarantee
    | ThroughputGuarantee
    | OeeGuarantee
    | EnergyGuarantee
    | ResponseGuarantee
    | RestorationGuarantee
)


def _check_kind(id_: str, meter: MeterTerms, kind: str) -> None:
    if meter.kind != kind:
        msg = f"guarantee {id_} on a {meter.kind} meter: expected {kind}"
        raise TermsInvalid(msg)


def _check_share(id_: str, target: Fraction) -> None:
    if target > PERCENT:
        msg = f"guarantee {id_}: a target of {target} %, expected at most 100"
        raise TermsInvalid(msg)


def _check_positive(id_: str, name: str, value: Fraction) -> None:
    if value <= 0:
        msg = f"guarantee {id_}: {name} = {value}, expected more than 0"
        raise TermsInvalid(msg)
