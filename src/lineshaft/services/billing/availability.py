"""The guarantees of a contract, judged on the usage records and incidents of a period. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import singledispatch
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period, total_us
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.model import Facts, GuaranteeOutcome, GuaranteeResult
from lineshaft.services.contracts.model import (
    Availability,
    AvailabilityGuarantee,
    ClassDurations,
    Contract,
    EnergyGuarantee,
    OeeGuarantee,
    Production,
    ProductionGuarantee,
    QualityGuarantee,
    ResponseGuarantee,
    RestorationGuarantee,
    ServiceGuarantee,
    Statistic,
    ThroughputGuarantee,
    availability,
    classify_states,
    credit_rate,
    durations_of,
    effectiveness,
    energy_per_output,
    granted_rates,
    judged_hours,
    lost_production,
    missed_by,
    oee,
    production_availability,
    quality_ratio,
    response_us,
    restoration_us,
)
from lineshaft.services.incidents.model import IncidentCause, ServiceIncident
from lineshaft.services.metering.model import UsageRecord

_SECOND = "SEC"
_NOT_OURS = (IncidentCause.CUSTOMER, IncidentCause.FORCE_MAJEURE)
"""Who answers for an incident that the provider need not respond to within the promised time."""


def guarantee_result(
    contract: Contract, period: Period, usage: Sequence[UsageRecord]
) -> GuaranteeResult | None:
    """Judge the one guarantee for which all time is required; None where there is none.

    Several machines are weighed by their time: durations are added, never percentages. Pauses are
    excluded; a place without a machine is down.

    Args:
        contract: with the guarantee.
        period: the service period.
        usage: one record for each measurement of the period; the guarantee's are the last.
    """
    guarantee = contract.terms.guarantee
    if guarantee is None:
        return None
    places = range(len(usage) - len(contract.promised_slots(period)), len(usage))
    states_us: Counter[str] = Counter()
    unknown_after_us: Counter[str] = Counter()
    for place in places:
        states_us.update(usage[place].states)
        unknown_after_us.update(usage[place].unknown_after)
    policy = guarantee.unknown_policy
    unknown_us = sum(usage[place].unknown_us for place in places)
    durations = classify_states(states_us, unknown_us, unknown_after_us, guarantee.classes, policy)
    _check_whole(durations, sum(usage[place].period.duration_us for place in places))
    durations = _with_rest(
        durations,
        empty_us=total_us(contract.empty_slots(period)),
        paused_us=total_us(contract.paused_slots(period)),
    )
    judged = availability(durations, policy)
    terms = guarantee.credit_terms
    credit = credit_rate(judged.value, terms)
    return GuaranteeResult(durations, judged, terms.target, credit, tuple(places))


def facts_of(contract: Contract, period: Period, facts: Facts) -> Facts:
    """Return the facts that the guarantees of a period follow from, by id; others change nothing.

    An incident belongs to the period in which it was reported; while the contract rests, nothing is
    promised for it.
    """
    if not contract.terms.promised:
        return Facts()
    machines, slots = set(contract.machines), contract.promised_slots(period)
    incidents = [
        each
        for each in facts.incidents
        if any(each.machine == m and span.contains(each.reported_at) for m, span in slots)
    ]
    exclusions = [
        each
        for each in facts.exclusions
        if each.machine in machines and period.intersection(each.period) is not None
    ]
    return Facts(
        tuple(sorted(incidents, key=lambda each: each.id)),
        tuple(sorted(exclusions, key=lambda each: each.id)),
    )


def guarantee_results(
    contract: Contract,
    period: Period,
    known_at: Instant,
    usage: Sequence[UsageRecord],
    facts: Facts,
) -> tuple[GuaranteeOutcome, ...]:
    """Judge every guarantee of the list, and grant the credits: by groups, then within the cap.

    Args:
        contract: with the guarantees.
        period: the service period.
        known_at: clocks that still run are read then.
        usage: one record for each measurement of the period; the guarantees' are the last.
        facts: incidents and exclusions that both sides had agreed to by `known_at`.

    Raises:
        UsageMismatch: when a moment of required time has no class or two.
        AmbiguousTime: when an hour of a calendar happens twice on a day of the period.
        NonexistentTime: when it never happens then.
    """
    promised = contract.terms.promised
    found = facts_of(contract, period, facts)
    slots = len(contract.promised_slots(period))
    place = len(usage) - slots * sum(len(each.meters()) for each in promised)
    judged: list[tuple[ServiceGuarantee, _Judged, tuple[int, ...]]] = []
    for each in promised:
        meters = len(each.meters())
        places = range(place, place + slots * meters)
        records = [
            [usage[i] for i in places[meter * slots : (meter + 1) * slots]]
            for meter in range(meters)
        ]
        case = _Case(contract, period, known_at, records, found)
        judged.append((each, _judge(each, case), tuple(places)))
        place = places.stop
    rates = [(each.group, credit_rate(its.value, each.credit_terms)) for each, its, _ in judged]
    granted = granted_rates(rates, contract.terms.credits_cap_share)
    return tuple(
        GuaranteeOutcome(
            id=each.id,
            indicator=each.indicator,
            value=its.value,
            target=each.credit_terms.target,
            direction=each.direction,
            is_met=not missed_by(its.value, each.credit_terms),
            rate=rate,
            credit=credit,
            basis=its.basis,
            usage=places,
        )
        for (each, its, places), (_, rate), credit in zip(judged, rates, granted, strict=True)
    )


class _Case(msgspec.Struct, frozen=True):
    """What one guarantee is judged on; `records` are by meter, then by slot."""

    contract: Contract
    period: Period
    known_at: Instant
    records: Sequence[Sequence[UsageRecord]]
    facts: Facts

    def required_us(self, required: Callable[[Period], Sequence[Period]]) -> int:
        """Add the required time of all machines in their places."""
        slots = self.contract.promised_slots(self.period)
        return sum(total_us(required(span)) for _, span in slots)

    def empty_us(self, required: Callable[[Period], Sequence[Period]]) -> int:
        """Add the required time of places without a machine."""
        return sum(total_us(required(span)) for span in self.contract.empty_slots(self.period))

    def paused_us(self, required: Callable[[Period], Sequence[Period]]) -> int:
        """Add the time of all places that would be required but for the pauses."""
        return sum(total_us(required(span)) for span in self.contract.paused_slots(self.period))

    def amount(self, meter: int, unit: str) -> Fraction:
        """Add the quantities of a meter over all machines."""
        total = Quantity(Fraction(0), unit)
        for record in self.records[meter]:
            total += record.quantity
        return total.amount


class _Judged(msgspec.Struct, frozen=True):
    """The value of an indicator, None where it is not applicable, and what it follows from."""

    value: Fraction | None
    basis: dict[str, Any]


@singledispatch
def _judge(promised: ServiceGuarantee, case: _Case) -> _Judged:
    msg = f"no indicator judges a {type(promised).__name__} of {case.contract.id}"
    raise InvariantError(msg)


@_judge.register
def _availability(promised: AvailabilityGuarantee, case: _Case) -> _Judged:
    judged, durations = _classified(promised, case)
    return _Judged(judged.value, _class_basis(judged, durations))


@_judge.register
def _production(promised: ProductionGuarantee, case: _Case) -> _Judged:
    judged, durations = _classified(promised, case)
    actual = case.amount(1, promised.output.unit)
    lost = lost_production(judged.down_us, promised.rated_per_hour)
    basis = _class_basis(judged, durations)
    basis |= {"actual": str(actual), "lost": str(lost), "unit": promised.output.unit}
    return _Judged(production_availability(actual, lost), basis)


@_judge.register
def _quality(promised: QualityGuarantee, case: _Case) -> _Judged:
    unit = promised.produced.unit
    produced, good = case.amount(0, unit), case.amount(1, unit)
    basis = {"produced": str(produced), "good": str(good), "unit": unit}
    return _Judged(quality_ratio(good, produced), basis)


@_judge.register
def _throughput(promised: ThroughputGuarantee, case: _Case) -> _Judged:
    produced = case.amount(0, promised.produced.unit)
    time_s = case.amount(1, _SECOND)
    value = effectiveness(promised.planned_s_per_item, produced, time_s)
    return _Judged(value, {"produced": str(produced), "production_time_s": str(time_s)})


@_judge.register
def _oee(promised: OeeGuarantee, case: _Case) -> _Judged:
    unit = promised.produced.unit
    busy_us = case.required_us(promised.required) + case.empty_us(promised.required)
    of = Production(
        planned_busy=Fraction(busy_us, 1_000_000),
        production=case.amount(2, _SECOND),
        planned_per_item=promised.planned_s_per_item,
        produced=case.amount(0, unit),
        good=case.amount(1, unit),
    )
    found = oee(of)
    parts = {
        "availability": found.availability,
        "effectiveness": found.effectiveness,
        "quality": found.quality,
    }
    basis: dict[str, Any] = {
        name: None if part is None else str(part) for name, part in parts.items()
    }
    basis |= {"planned_busy_s": str(of.planned_busy), "production_time_s": str(of.production)}
    return _Judged(found.value, basis | {"produced": str(of.produced), "good": str(of.good)})


@_judge.register
def _energy(promised: EnergyGuarantee, case: _Case) -> _Judged:
    energy = case.amount(0, promised.energy.unit)
    output = case.amount(1, promised.output.unit)
    basis = {"energy": str(energy), "output": str(output)}
    return _Judged(energy_per_output(energy, output), basis)


@_judge.register
def _response(promised: ResponseGuarantee, case: _Case) -> _Judged:
    milestone, calendar = promised.milestone, promised.calendar
    times = {
        each.id: response_us(each, milestone, calendar, case.known_at) for each in _counted(case)
    }
    return _clocks(times, promised.statistic)


@_judge.register
def _restoration(promised: RestorationGuarantee, case: _Case) -> _Judged:
    times = {
        each.id: restoration_us(each, promised.calendar, case.known_at) for each in _counted(case)
    }
    return _clocks(times, promised.statistic)


def _counted(case: _Case) -> list[ServiceIncident]:
    return [each for each in case.facts.incidents if each.cause not in _NOT_OURS]


def _clocks(times_us: dict[str, int], statistic: Statistic) -> _Judged:
    basis = {"incident_us": [[id_, times_us[id_]] for id_ in sorted(times_us)]}
    return _Judged(judged_hours(list(times_us.values()), statistic), basis)


def _classified(
    promised: AvailabilityGuarantee | ProductionGuarantee, case: _Case
) -> tuple[Availability, ClassDurations]:
    intervals = []
    for record in case.records[0]:
        if sum(span.duration_us for span in record.spans) != record.period.duration_us:
            msg = f"the time line of {record.meter.id} does not cover {record.period}"
            raise UsageMismatch(msg)
        intervals += promised.classified(record, case.facts.exclusions)
    durations = durations_of(intervals)
    _check_whole(durations, case.required_us(promised.required))
    durations = _with_rest(
        durations,
        empty_us=case.empty_us(promised.required),
        paused_us=case.paused_us(promised.required),
    )
    return availability(durations, promised.unknown_policy), durations


def _class_basis(judged: Availability, durations: ClassDurations) -> dict[str, Any]:
    return {
        "class_us": durations.to_content(),
        "required_us": judged.required_us,
        "excluded_us": judged.excluded_us,
        "down_us": judged.down_us,
    }


def _with_rest(durations: ClassDurations, *, empty_us: int, paused_us: int) -> ClassDurations:
    """Add the time of places without a machine, and of pauses: nobody measured anything then."""
    return replace(
        durations,
        down_provider_us=durations.down_provider_us + empty_us,
        excluded_us=durations.excluded_us + paused_us,
    )


def _check_whole(durations: ClassDurations, required_us: int) -> None:
    """Refuse records in which a moment has no class or two: classes add up to required time."""
    if durations.required_us != required_us:
        msg = (
            f"the classes of a guarantee add up to {durations.required_us} us: "
            f"expected {required_us}"
        )
        raise UsageMismatch(msg)
