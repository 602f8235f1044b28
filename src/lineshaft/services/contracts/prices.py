"""What a usage costs: one frozen class for each price model.

Pure data. Each model has its function in `billing/pricing`; a model that is added here needs one
there.
"""

from decimal import Decimal
from fractions import Fraction

from msgspec import UNSET, UnsetType

from lineshaft.core.quantity import conversion_factor, unit_named
from lineshaft.services.contracts.bundles import BundlePrice
from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id, check_price
from lineshaft.services.contracts.cores import CoreDepositPrice
from lineshaft.services.contracts.leases import LeasePrice
from lineshaft.services.contracts.replenishment import ReplenishmentPrice
from lineshaft.services.contracts.savings import EnergySavingPrice

TIERS_MAX = 100
STATES_MAX = 100
SHARED_LINES_MAX = 100
PERCENT_MAX = 1_000
STATE_CHARACTERS_MAX = 200


class FlatPrice(Frozen, frozen=True, tag_field="model", tag="flat"):
    """One amount for each billed period, whatever the usage."""

    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse a negative amount."""
        check_price(self.amount, "flat amount")


class PerUnitPrice(Frozen, frozen=True, tag_field="model", tag="per_unit"):
    """The same price for each unit."""

    unit: str
    unit_price: Decimal

    def __post_init__(self) -> None:
        """Refuse an unknown unit and a negative price."""
        unit_named(self.unit)
        check_price(self.unit_price, "unit price")


class Tier(Frozen, frozen=True, kw_only=True):
    """The part of the usage above the tier before, up to and including `up_to`.

    Attributes:
        up_to: None for the last tier, which has no end.
        unit_price: of each unit.
        flat_fee: charged once when usage goes above the tier before (graduated prices only).
    """

    up_to: Fraction | None = None
    unit_price: Decimal
    flat_fee: Decimal | UnsetType = UNSET


class GraduatedPrice(Frozen, frozen=True, tag_field="model", tag="graduated"):
    """Each part of the usage of a billed period at the price of the tier that it falls in.

    The tiers are half-open, (u_{k-1}, u_k]: usage of exactly u_k is all in tier k or below.
    """

    unit: str
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        """Refuse tiers that do not rise from zero to no end, and a negative fee."""
        unit_named(self.unit)
        _check_tiers(self.tiers)
        for tier in self.tiers:
            if tier.flat_fee is not UNSET:
                check_price(tier.flat_fee, "flat fee of a tier")


class VolumePrice(Frozen, frozen=True, tag_field="model", tag="volume"):
    """All usage of a billed period at the price of the one tier that its sum falls in.

    More usage can cost less: where the next tier begins there is a cliff.
    """

    unit: str
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        """Refuse tiers that do not rise from zero to no end, and a fee that nothing charges."""
        unit_named(self.unit)
        _check_tiers(self.tiers)
        if any(tier.flat_fee is not UNSET for tier in self.tiers):
            msg = "a flat fee in a tier of a volume price: expected it in a graduated price only"
            raise TermsInvalid(msg)


class PackagePrice(Frozen, frozen=True, tag_field="model", tag="package"):
    """One price for each package that is begun, such as 100 parts.

    Attributes:
        size: units in a package.
    """

    unit: str
    size: Fraction
    package_price: Decimal

    def __post_init__(self) -> None:
        """Refuse an empty package and a negative price."""
        unit_named(self.unit)
        if self.size <= 0:
            msg = f"a package of {self.size}: expected more than zero"
            raise TermsInvalid(msg)
        check_price(self.package_price, "package price")


class PercentagePrice(Frozen, frozen=True, tag_field="model", tag="percentage"):
    """A share of the exact amounts of other lines of the same document.

    Attributes:
        percent: of their sum.
        lines: ids of the base fee or of usage prices that stand before this one.
    """

    percent: Fraction
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a share below zero, and a share of nothing or of a line twice."""
        if not 0 <= self.percent <= PERCENT_MAX:
            msg = f"a share of {self.percent} %: expected 0 to {PERCENT_MAX}"
            raise TermsInvalid(msg)
        is_named_once = len(set(self.lines)) == len(self.lines)
        if not (is_named_once and 0 < len(self.lines) <= SHARED_LINES_MAX):
            msg = f"a share of {len(self.lines)} lines: expected 1 to {SHARED_LINES_MAX}, each once"
            raise TermsInvalid(msg)
        for line in self.lines:
            check_id(line, "line")


class StatePrice(Frozen, frozen=True):
    """The price of a unit of time in one state, such as a severity or a mode of operation."""

    state: str
    unit_price: Decimal

    def __post_init__(self) -> None:
        """Refuse a state without a name and a negative price."""
        if not 0 < len(self.state) <= STATE_CHARACTERS_MAX:
            msg = f"state {self.state[:80]!r}: expected 1 to {STATE_CHARACTERS_MAX} characters"
            raise TermsInvalid(msg)
        check_price(self.unit_price, f"unit price of the state {self.state}")


class MatrixPrice(Frozen, frozen=True, tag_field="model", tag="matrix"):
    """A price for each state of a state-duration meter; unknown time costs nothing.

    Attributes:
        unit: of time.
        states: the states that have a price.
        other_price: of a unit of time in any other state that is known; no state is forgotten.
    """

    unit: str
    states: tuple[StatePrice, ...]
    other_price: Decimal

    def __post_init__(self) -> None:
        """Refuse a unit that is none of time, a state twice, and a negative price."""
        conversion_factor("SEC", self.unit)
        names = [each.state for each in self.states]
        if not 0 < len(names) <= STATES_MAX or len(set(names)) < len(names):
            msg = f"a matrix of {len(names)} states: expected 1 to {STATES_MAX}, each once"
            raise TermsInvalid(msg)
        check_price(self.other_price, "unit price of other states")


UnitPrice = (
    PerUnitPrice | GraduatedPrice | VolumePrice | PackagePrice | MatrixPrice | ReplenishmentPrice
)
"""Prices of a quantity in a unit."""
Price = (
    FlatPrice
    | UnitPrice
    | PercentagePrice
    | EnergySavingPrice
    | BundlePrice
    | CoreDepositPrice
    | LeasePrice
)


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    if not 0 < len(tiers) <= TIERS_MAX:
        msg = f"{len(tiers)} tiers: expected 1 to {TIERS_MAX}"
        raise TermsInvalid(msg)
    below = Fraction(0)
    for tier in tiers[:-1]:
        if tier.up_to is None or tier.up_to <= below:
            msg = f"tier up to {tier.up_to}: expected a bound above {below}"
            raise TermsInvalid(msg)
        below = tier.up_to
    if tiers[-1].up_to is not None:
        msg = f"the last tier ends at {tiers[-1].up_to}: expected no end"
        raise TermsInvalid(msg)
    for tier in tiers:
        check_price(tier.unit_price, "unit price of a tier")
