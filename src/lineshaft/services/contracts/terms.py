"""What a contract charges for, and how: meters, prices, base fee, value-added tax.

Pure data. The formulas are above (`billing/pricing`, `billing/proration.py`) and beside
(`guarantee.py`); a price model that is added here needs its function there.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.quantity import conversion_factor, unit_named
from lineshaft.core.reading import signal_id
from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    check_price,
)
from lineshaft.services.contracts.guarantee import (
    CreditStep,
    CreditTerms,
    TimeClass,
    UnknownPolicy,
)
from lineshaft.services.metering.model import Meter

TIERS_MAX = 100
USAGE_PRICES_MAX = 100
PERCENT = 100


class ProrationBasis(StrEnum):
    """How a monthly amount is divided over a part of the month."""

    ACT_SECONDS = "ACT_SECONDS"
    """By the exact length of time: a month with a clock change is an hour longer or shorter."""
    ACT_DAYS = "ACT_DAYS"
    """By civil days of the contract's zone, whatever their length."""


class BaseFee(Frozen, frozen=True):
    """A fixed amount for each calendar month of the contract's zone."""

    id: str
    description: LocalText
    amount_per_month: Decimal
    proration: ProrationBasis

    def __post_init__(self) -> None:
        """Refuse a negative amount."""
        check_id(self.id, "base fee")
        check_price(self.amount_per_month, f"base fee {self.id}")


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

    `up_to` is None for the last tier, which has no end.
    """

    up_to: Fraction | None = None
    unit_price: Decimal


class GraduatedPrice(Frozen, frozen=True, tag_field="model", tag="graduated"):
    """Each part of the usage of a billed period at the price of the tier that it falls in.

    The tiers are half-open, (u_{k-1}, u_k]: usage of exactly u_k is all in tier k or below.
    """

    unit: str
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        """Refuse tiers that do not rise from zero to no end."""
        unit_named(self.unit)
        if not 0 < len(self.tiers) <= TIERS_MAX:
            msg = f"{len(self.tiers)} tiers: expected 1 to {TIERS_MAX}"
            raise TermsInvalid(msg)
        below = Fraction(0)
        for tier in self.tiers[:-1]:
            if tier.up_to is None or tier.up_to <= below:
                msg = f"tier up to {tier.up_to}: expected a bound above {below}"
                raise TermsInvalid(msg)
            below = tier.up_to
        if self.tiers[-1].up_to is not None:
            msg = f"the last tier ends at {self.tiers[-1].up_to}: expected no end"
            raise TermsInvalid(msg)
        for tier in self.tiers:
            check_price(tier.unit_price, "unit price of a tier")


Price = FlatPrice | PerUnitPrice | GraduatedPrice


class MeterTerms(Frozen, frozen=True):
    """How usage is measured on each machine of the contract.

    Attributes:
        signal: the name of the signal within the machine.
        kind: the family of the meter, see `metering/meters`.
        unit: code of UN/ECE Rec 20 that the meter counts in.
        parameters: what that kind of meter needs to know.
    """

    id: str
    signal: str
    kind: str
    unit: str
    parameters: dict[str, Any]

    def __post_init__(self) -> None:
        """Write the parameters in their canonical form; refuse what the kind cannot have.

        So two spellings of the same terms are equal, and nothing is left to fail at billing.
        """
        check_id(self.id, "meter")
        parameters = self.on("any").parameters.to_content()
        msgspec.structs.force_setattr(self, "parameters", parameters)

    def on(self, machine: str) -> Meter:
        """Return the meter of one machine.

        Raises:
            Invalid: when the kind is unknown or its parameters are not what it needs.
        """
        return Meter.from_content(
            {
                "id": self.id,
                "machine": machine,
                "signal": signal_id(machine, self.signal),
                "kind": self.kind,
                "unit": self.unit,
                "parameters": self.parameters,
            }
        )


class UsagePrice(Frozen, frozen=True):
    """What is measured and what it costs."""

    id: str
    description: LocalText
    meter: MeterTerms
    price: Price

    def __post_init__(self) -> None:
        """Refuse a price in a unit that the meter cannot be converted to exactly."""
        check_id(self.id, "usage price")
        if not isinstance(self.price, FlatPrice):
            conversion_factor(self.meter.unit, self.price.unit)


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
        if self.meter.kind != "state_duration":
            msg = f"guarantee {self.id} on a {self.meter.kind} meter: expected state_duration"
            raise TermsInvalid(msg)
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


class VatCategory(StrEnum):
    """Category of value-added tax (UN/CEFACT code list 5305, as used by EN 16931-1, BT-151)."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


class Vat(Frozen, frozen=True):
    """The value-added tax on every line: category, and rate in percent."""

    category: VatCategory
    rate: Fraction

    def __post_init__(self) -> None:
        """Refuse a rate that the category cannot have (EN 16931-1, BR-S-05 and its sisters)."""
        is_standard = self.category is VatCategory.STANDARD
        if not (0 < self.rate <= PERCENT if is_standard else self.rate == 0):
            msg = f"VAT category {self.category} at {self.rate} %: expected " + (
                "more than 0 and at most 100" if is_standard else "0"
            )
            raise TermsInvalid(msg)


class Terms(Frozen, frozen=True, kw_only=True):
    """Everything that a document's amounts follow from, beside the usage."""

    base_fee: BaseFee | None = None
    usage_prices: tuple[UsagePrice, ...] = ()
    guarantee: Guarantee | None = None
    vat: Vat

    def __post_init__(self) -> None:
        """Refuse ids that two lines would share, and a credit on a fee that is not there."""
        if len(self.usage_prices) > USAGE_PRICES_MAX:
            msg = f"{len(self.usage_prices)} usage prices: expected at most {USAGE_PRICES_MAX}"
            raise TermsInvalid(msg)
        ids = [price.id for price in self.usage_prices]
        ids += [part.id for part in (self.base_fee, self.guarantee) if part is not None]
        for repeated in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            msg = f"two parts of the terms have the id {repeated!r}"
            raise TermsInvalid(msg)
        if self.guarantee is not None and self.base_fee is None:
            msg = "the guarantee pays a credit on the base fee, and there is no base fee"
            raise TermsInvalid(msg)
