"""What a contract charges for, and how: meters, prices, base fee, value-added tax.

Pure data. Price models are in `prices.py`, what changes their amounts in `modifiers.py`. The
formulas are above (`billing/pricing`, `billing/modifiers`, `billing/proration.py`) and beside
(`guarantee.py`).
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.quantity import conversion_factor
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
from lineshaft.services.contracts.modifiers import (
    AnnualCommitment,
    Commitment,
    Modifiers,
    ProrationBasis,
)
from lineshaft.services.contracts.prices import MatrixPrice, PercentagePrice, Price, UnitPrice
from lineshaft.services.metering.model import Meter

USAGE_PRICES_MAX = 100
PERCENT = 100


class BaseFee(Frozen, frozen=True, omit_defaults=True):
    """A fixed amount for each calendar month of the contract's zone.

    Attributes:
        modifiers: what changes it; no take-or-pay, as there is no quantity.
    """

    id: str
    description: LocalText
    amount_per_month: Decimal
    proration: ProrationBasis
    modifiers: Modifiers | None = None

    def __post_init__(self) -> None:
        """Refuse a negative amount, and a commitment to a quantity."""
        check_id(self.id, "base fee")
        check_price(self.amount_per_month, f"base fee {self.id}")
        if self.modifiers is not None and self.modifiers.take_or_pay is not None:
            msg = f"take-or-pay on the base fee {self.id}: expected it on a price of a quantity"
            raise TermsInvalid(msg)


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


class UsagePrice(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """What is measured and what it costs.

    Attributes:
        meter: of the usage; a percentage has none, and a flat price need not have one.
        modifiers: what changes the priced amount, in the order of `billing/modifiers`.
    """

    id: str
    description: LocalText
    meter: MeterTerms | None = None
    price: Price
    modifiers: Modifiers | None = None

    def __post_init__(self) -> None:
        """Refuse a price that the meter measures nothing for, or in a unit that it cannot become.

        The conversion must be exact.
        """
        check_id(self.id, "usage price")
        if isinstance(self.price, UnitPrice):
            self._check_meter(self.price)
            return
        if isinstance(self.price, PercentagePrice) and self.meter is not None:
            msg = f"usage price {self.id}: a percentage of lines measures nothing, leave out meter"
            raise TermsInvalid(msg)
        if self.commitment is not None:
            msg = f"usage price {self.id}: take-or-pay needs a price of a quantity"
            raise TermsInvalid(msg)

    @property
    def is_committed_by_year(self) -> bool:
        """Whether what is missing is paid at the end of the contract year."""
        return isinstance(self.commitment, AnnualCommitment)

    @property
    def commitment(self) -> Commitment | None:
        """The quantity that is paid for whether it is used or not, if there is one."""
        return None if self.modifiers is None else self.modifiers.take_or_pay

    def _check_meter(self, price: UnitPrice) -> None:
        if self.meter is None:
            msg = f"usage price {self.id} has no meter: expected one"
            raise TermsInvalid(msg)
        conversion_factor(self.meter.unit, price.unit)
        if isinstance(price, MatrixPrice) and self.meter.kind != "state_duration":
            msg = f"usage price {self.id}: a matrix of states on a {self.meter.kind} meter: "
            msg += "expected state_duration"
            raise TermsInvalid(msg)


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
        self._check_shares()

    def _check_shares(self) -> None:
        """Refuse a share of a line that is not there or comes later: no line rests on itself."""
        before = set() if self.base_fee is None else {self.base_fee.id}
        for price in self.usage_prices:
            if isinstance(price.price, PercentagePrice):
                for missing in sorted(set(price.price.lines) - before):
                    msg = f"usage price {price.id} is a share of {missing!r}: expected the base "
                    msg += "fee or a usage price that stands before it"
                    raise TermsInvalid(msg)
            before.add(price.id)
