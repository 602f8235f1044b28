"""What a share of saved energy rests on: a versioned baseline, drivers, adjustments, the carry.

Pure data; the formula is `billing/pricing/energy_saving.py`. The words are those of IPMVP (EVO):
savings are what the baseline says less what was measured, with routine and non-routine
adjustments.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import conversion_factor, unit_named
from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    check_instant,
    check_price,
)
from lineshaft.services.contracts.meters import MeterTerms
from lineshaft.services.contracts.modifiers import ProrationBasis

DRIVERS_MAX = 10
BASELINES_MAX = 20
ADJUSTMENTS_MAX = 100
SOURCE_CHARACTERS_MAX = 500
_PERCENT = 100


class Driver(Frozen, frozen=True):
    """Something measured that the energy depends on: degree hours, parts, hours of operation."""

    description: LocalText
    meter: MeterTerms


class DriverWeight(Frozen, frozen=True):
    """How much energy the baseline has for each unit of a driver.

    Attributes:
        driver: id of its meter.
        per_unit: energy, in the unit of the price, for one unit of the driver's meter.
    """

    driver: str
    per_unit: Fraction


class Baseline(Frozen, frozen=True):
    """A linear model of the energy without the measures: a + sum of b_i x_i.

    Attributes:
        id, version: name it in documents; the next version has the next number.
        since: the first instant that it counts from, RFC 3339 in UTC.
        quantity_per_month: a, for each calendar month, in the unit of the price.
        weights: b_i of the drivers x_i; a driver that is not named weighs nothing.
        source: what it was derived from, such as a regression over named months.
    """

    id: str
    version: int
    since: str
    quantity_per_month: Fraction
    weights: tuple[DriverWeight, ...]
    source: str

    def __post_init__(self) -> None:
        """Refuse a baseline that nobody can look up, and a driver twice."""
        check_id(self.id, "baseline")
        check_instant(self.since, f"baseline {self.id} since")
        if self.version < 1:
            msg = f"baseline {self.id} version {self.version}: versions are numbered from 1"
            raise TermsInvalid(msg)
        drivers = [weight.driver for weight in self.weights]
        if len(set(drivers)) < len(drivers):
            msg = f"baseline {self.id}: expected each driver once"
            raise TermsInvalid(msg)
        _check_text(self.source, f"baseline {self.id}: source")


class AdjustmentKind(StrEnum):
    """Whether what changed was expected when the baseline was agreed."""

    ROUTINE = "routine"
    NON_ROUTINE = "non_routine"


class SavingAdjustment(Frozen, frozen=True, kw_only=True):
    """What both sides agreed to add to the saving, such as for a machine that was added.

    Attributes:
        start, end: it counts in [start, end), RFC 3339 in UTC.
        quantity_per_month: in the unit of the price; below zero it lowers the saving.
        approved_by, approved_at: who agreed for the customer, and when.
    """

    id: str
    kind: AdjustmentKind
    start: str
    end: str
    quantity_per_month: Fraction
    reason: LocalText
    approved_by: str
    approved_at: str

    def __post_init__(self) -> None:
        """Refuse an adjustment that nobody approved, and one that counts at no time."""
        check_id(self.id, "adjustment")
        check_instant(self.approved_at, f"adjustment {self.id} approved at")
        _check_text(self.approved_by, f"adjustment {self.id}: approved_by")
        for text in (self.reason.en, self.reason.zh_hans):
            _check_text(text, f"adjustment {self.id}: reason")
        self.period  # noqa: B018 - an end that is not after the start is refused

    @property
    def period(self) -> Period:
        """When it counts."""
        what = f"adjustment {self.id}"
        return Period(check_instant(self.start, what), check_instant(self.end, what))


class SavingCarry(StrEnum):
    """What becomes of a saving below zero."""

    NONE = "none"
    """Forgotten with its period."""
    CONTRACT_YEAR = "contract_year"
    """Taken from the savings of the following periods of the contract year."""


class EnergySavingPrice(Frozen, frozen=True, kw_only=True, tag_field="model", tag="energy_saving"):
    """A share of the energy that is saved, at a tariff.

    Attributes:
        unit: of energy.
        share_percent: of the saving that the supplier is paid.
        tariff: price of a unit of energy.
        drivers: what the baseline depends on, measured on each machine and added.
        baselines: in the order of `since`; one counts until the next does.
        proration: how quantities per month are divided over a period.
        carry_max: the most that is carried, in `unit`; None for all of it.
        carried_in: what earlier terms left to be made up for, in `unit`.
    """

    unit: str
    share_percent: Fraction
    tariff: Decimal
    drivers: tuple[Driver, ...] = ()
    baselines: tuple[Baseline, ...]
    adjustments: tuple[SavingAdjustment, ...] = ()
    proration: ProrationBasis
    carry: SavingCarry
    carry_max: Fraction | None = None
    carried_in: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse terms that two readers could read in two ways."""
        conversion_factor(unit_named(self.unit).code, "KWH")
        check_price(self.tariff, "tariff of saved energy")
        if not 0 <= self.share_percent <= _PERCENT:
            msg = f"a share of {self.share_percent} % of the saving: expected 0 to 100"
            raise TermsInvalid(msg)
        self._check_drivers()
        since = [check_instant(each.since, "baseline since") for each in self.baselines]
        is_rising = all(earlier < later for earlier, later in pairwise(since))
        if not (0 < len(since) <= BASELINES_MAX and is_rising):
            msg = f"{len(since)} baselines: expected 1 to {BASELINES_MAX}, in the order of time"
            raise TermsInvalid(msg)
        adjusted = [each.id for each in self.adjustments]
        if len(adjusted) > ADJUSTMENTS_MAX or len(set(adjusted)) < len(adjusted):
            msg = f"{len(adjusted)} adjustments: expected at most {ADJUSTMENTS_MAX}, each id once"
            raise TermsInvalid(msg)
        self._check_carry()

    @property
    def is_carried(self) -> bool:
        """Whether a period follows also from those of the contract year before it."""
        return self.carry is SavingCarry.CONTRACT_YEAR

    @property
    def counts_from(self) -> Instant:
        """The first instant that there is a baseline for."""
        return check_instant(self.baselines[0].since, "baseline since")

    def _check_drivers(self) -> None:
        ids = [driver.meter.id for driver in self.drivers]
        if len(ids) > DRIVERS_MAX or len(set(ids)) < len(ids):
            msg = f"{len(ids)} drivers of a baseline: expected at most {DRIVERS_MAX}, each id once"
            raise TermsInvalid(msg)
        weighed = {weight.driver for each in self.baselines for weight in each.weights}
        if weighed != set(ids):
            msg = f"baselines weigh {', '.join(sorted(weighed)) or 'nothing'}: expected exactly "
            raise TermsInvalid(msg + f"the drivers, {', '.join(ids) or 'none'}")

    def _check_carry(self) -> None:
        most = self.carry_max
        is_sound = self.carried_in >= 0 and (most is None or most >= self.carried_in)
        if not is_sound or (not self.is_carried and (most is not None or self.carried_in)):
            msg = "the carry of a saving: expected zero or more carried in, at most carry_max, and "
            raise TermsInvalid(msg + "neither of them where nothing is carried")


def _check_text(text: str, what: str) -> None:
    if not 0 < len(text.strip()) <= SOURCE_CHARACTERS_MAX:
        msg = f"{what}: expected 1 to {SOURCE_CHARACTERS_MAX} characters"
        raise TermsInvalid(msg)
