"""What a contract charges for, and how: meters, prices, base fee, value-added tax.

Pure data. Price models are in `prices.py`, what changes their amounts in `modifiers.py`. The
formulas are above (`billing/pricing`, `billing/modifiers`, `billing/proration.py`) and beside
(`guarantee.py`).
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import UNSET, UnsetType

from lineshaft.core.money import currency_exponent
from lineshaft.core.quantity import conversion_factor
from lineshaft.services.contracts.bundles import BundlePrice
from lineshaft.services.contracts.content import (
    Frozen,
    LocalText,
    TermsInvalid,
    check_id,
    check_price,
)
from lineshaft.services.contracts.cores import CoreDepositPrice
from lineshaft.services.contracts.guarantee import (
    GUARANTEES_MAX,
    Guarantee,
    ServiceGuarantee,
)
from lineshaft.services.contracts.leases import LeasePrice
from lineshaft.services.contracts.meters import MeterTerms
from lineshaft.services.contracts.modifiers import (
    AnnualCommitment,
    Commitment,
    Modifiers,
    ProrationBasis,
)
from lineshaft.services.contracts.prices import MatrixPrice, PercentagePrice, Price, UnitPrice
from lineshaft.services.contracts.replenishment import ReplenishmentPrice
from lineshaft.services.contracts.savings import EnergySavingPrice

USAGE_PRICES_MAX = 100
PERCENT = 100


class FeesDue(StrEnum):
    """When fees per month are billed: base fee and bundles."""

    ADVANCE = "advance"
    """With the document of the period before, the first one at the start of the contract."""
    ARREARS = "arrears"
    """With the document of their own period."""


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


class UsagePrice(Frozen, frozen=True, kw_only=True, omit_defaults=True):
    """What is measured and what it costs.

    Attributes:
        meter: of the usage; a percentage has none, and a flat price need not have one.
        modifiers: what changes the priced amount, in the order of `billing/modifiers`.
        is_shared: whether the line says each machine's share of its amount, by usage: for a fleet
            that is priced as one.
    """

    id: str
    description: LocalText
    meter: MeterTerms | None = None
    price: Price
    modifiers: Modifiers | None = None
    is_shared: bool = False

    def __post_init__(self) -> None:
        """Refuse a price that the meter measures nothing for, or in a unit that it cannot become.

        The conversion must be exact.
        """
        check_id(self.id, "usage price")
        if self.is_shared and not isinstance(self.price, UnitPrice):
            msg = f"usage price {self.id}: only a price of a quantity is shared by machines"
            raise TermsInvalid(msg)
        if isinstance(self.price, UnitPrice | EnergySavingPrice):
            self._check_meter(self.price)
        if isinstance(self.price, UnitPrice):
            return
        if isinstance(self.price, PercentagePrice) and self.meter is not None:
            msg = f"usage price {self.id}: a percentage of lines measures nothing, leave out meter"
            raise TermsInvalid(msg)
        if isinstance(self.price, LeasePrice | BundlePrice) and self.meter is not None:
            msg = f"usage price {self.id}: it measures nothing, leave out meter"
            raise TermsInvalid(msg)
        if isinstance(self.price, CoreDepositPrice) and (self.meter or self.modifiers):
            msg = f"usage price {self.id}: a deposit measures nothing and stays as it is, leave "
            raise TermsInvalid(msg + "out meter and modifiers")
        if self.commitment is not None:
            msg = f"usage price {self.id}: take-or-pay needs a price of a quantity"
            raise TermsInvalid(msg)

    @property
    def measured(self) -> tuple[tuple[LocalText, MeterTerms], ...]:
        """What is measured for it, with what that is in words: its own meter, then the drivers'."""
        own = () if self.meter is None else ((self.description, self.meter),)
        if not isinstance(self.price, EnergySavingPrice):
            return own
        return (*own, *((driver.description, driver.meter) for driver in self.price.drivers))

    @property
    def kept_id(self) -> str:
        """The id of the line with what is kept of deposits."""
        return f"{self.id}.kept"

    @property
    def count_id(self) -> str:
        """The id of the line with what counts of its stock corrected."""
        return f"{self.id}.count"

    @property
    def purchase_id(self) -> str:
        """The id of the line with leased machines that are bought."""
        return f"{self.id}.purchase"

    @property
    def is_carried_by_year(self) -> bool:
        """Whether a period follows also from what was measured in the contract year before it."""
        return isinstance(self.price, EnergySavingPrice) and self.price.is_carried

    @property
    def is_committed_by_year(self) -> bool:
        """Whether what is missing is paid at the end of the contract year."""
        return isinstance(self.commitment, AnnualCommitment)

    @property
    def commitment(self) -> Commitment | None:
        """The quantity that is paid for whether it is used or not, if there is one."""
        return None if self.modifiers is None else self.modifiers.take_or_pay

    def _check_meter(self, price: UnitPrice | EnergySavingPrice) -> None:
        if isinstance(price, ReplenishmentPrice) and self.modifiers is not None:
            msg = f"usage price {self.id}: what a count corrects is priced as what was consumed, "
            raise TermsInvalid(msg + "leave out modifiers")
        if self.meter is None:
            msg = f"usage price {self.id} has no meter: expected one"
            raise TermsInvalid(msg)
        conversion_factor(self.meter.unit, price.unit)
        ids = [meter.id for _, meter in self.measured]
        if len(set(ids)) < len(ids):
            msg = f"usage price {self.id}: two of its meters have one id"
            raise TermsInvalid(msg)
        if isinstance(price, MatrixPrice) and self.meter.kind != "state_duration":
            msg = f"usage price {self.id}: a matrix of states on a {self.meter.kind} meter: "
            msg += "expected state_duration"
            raise TermsInvalid(msg)


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
    """Everything that a document's amounts follow from, beside the usage.

    Attributes:
        guarantee: of the availability, where all time counts; or else:
        guarantees: any number, each of its own indicator.
        credits_cap: the most that all guarantees together credit in a period, in percent of the
            base fee.
        fees_due: left out: in arrears, as usage is.
    """

    base_fee: BaseFee | None = None
    usage_prices: tuple[UsagePrice, ...] = ()
    guarantee: Guarantee | None = None
    guarantees: tuple[ServiceGuarantee, ...] | UnsetType = UNSET
    credits_cap: Fraction | UnsetType = UNSET
    fees_due: FeesDue | UnsetType = UNSET
    vat: Vat

    def __post_init__(self) -> None:
        """Refuse ids that two lines would share, and a credit on a fee that is not there."""
        if len(self.usage_prices) > USAGE_PRICES_MAX:
            msg = f"{len(self.usage_prices)} usage prices: expected at most {USAGE_PRICES_MAX}"
            raise TermsInvalid(msg)
        ids = [price.id for price in self.usage_prices]
        ids += [part.id for part in (self.base_fee, self.guarantee) if part is not None]
        ids += [promised.id for promised in self.promised]
        ids += [deposit.kept_id for deposit in self.deposits]
        stocked = [each for each in self.usage_prices if isinstance(each.price, ReplenishmentPrice)]
        ids += [each.count_id for each in stocked]
        leased = [each for each in self.usage_prices if isinstance(each.price, LeasePrice)]
        ids += [each.purchase_id for each in leased]
        for repeated in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            msg = f"two parts of the terms have the id {repeated!r}"
            raise TermsInvalid(msg)
        if (self.guarantee is not None or self.promised) and self.base_fee is None:
            msg = "the guarantee pays a credit on the base fee, and there is no base fee"
            raise TermsInvalid(msg)
        self._check_guarantees()
        self._check_shares()
        if self.are_fees_ahead:
            self._check_fees_ahead()

    @property
    def are_fees_ahead(self) -> bool:
        """Whether fees per month are billed in advance."""
        return self.fees_due is FeesDue.ADVANCE

    @property
    def fee_ids(self) -> tuple[str, ...]:
        """The ids of the fees per month: of the base fee, and of bundles."""
        fee = () if self.base_fee is None else (self.base_fee.id,)
        bundles = (each.id for each in self.usage_prices if isinstance(each.price, BundlePrice))
        return (*fee, *bundles)

    def _check_fees_ahead(self) -> None:
        """Refuse to bill nothing in advance, and a share of what another document charges."""
        ahead = set(self.fee_ids)
        if not ahead:
            msg = "fees due in advance: expected a base fee or a bundle, a price per month"
            raise TermsInvalid(msg)
        for price in self.usage_prices:
            shared = set(price.price.lines) if isinstance(price.price, PercentagePrice) else set()
            for line in sorted(shared & ahead):
                msg = f"usage price {price.id} is a share of {line!r}, which is billed in advance: "
                raise TermsInvalid(msg + "expected lines of the same period")

    @property
    def deposits(self) -> tuple[UsagePrice, ...]:
        """The prices that are deposits on parts that come back."""
        return tuple(each for each in self.usage_prices if isinstance(each.price, CoreDepositPrice))

    def check_currency(self, currency: str) -> None:
        """Pass deposits that a currency can pay out to the last unit: they are given back.

        Raises:
            TermsInvalid: otherwise.
        """
        unit = 10 ** currency_exponent(currency)
        for each in self.deposits:
            if isinstance(each.price, CoreDepositPrice) and each.price.deposit * unit % 1:
                msg = f"deposit {each.id}: {each.price.deposit} has more decimals than {currency}"
                raise TermsInvalid(msg)

    @property
    def promised(self) -> tuple[ServiceGuarantee, ...]:
        """The guarantees of the list, none where there is no list."""
        return () if self.guarantees is UNSET else self.guarantees

    @property
    def credits_cap_share(self) -> Fraction:
        """The most that all guarantees together credit, as a share of the base fee."""
        return Fraction(1) if self.credits_cap is UNSET else self.credits_cap / PERCENT

    def _check_guarantees(self) -> None:
        """Refuse too many, both ways at once, and a cap that caps nothing."""
        if len(self.promised) > GUARANTEES_MAX:
            msg = f"{len(self.promised)} guarantees: expected at most {GUARANTEES_MAX}"
            raise TermsInvalid(msg)
        if self.guarantee is not None and self.promised:
            msg = "terms with a guarantee and with guarantees: expected all of them in guarantees"
            raise TermsInvalid(msg)
        is_cap_sound = self.credits_cap is UNSET or (
            0 <= self.credits_cap <= PERCENT and bool(self.promised)
        )
        if not is_cap_sound:
            msg = f"a cap of {self.credits_cap} % on the credits: expected 0 to 100, of guarantees"
            raise TermsInvalid(msg)

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
