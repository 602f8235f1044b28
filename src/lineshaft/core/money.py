"""Money: exact until one rounding per document line, half away from zero (DIN 1333, clause 4.5).

The number of decimals is the currency's exponent of ISO 4217.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Invalid

_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW"
)
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
CURRENCY_EXPONENTS: dict[str, int] = (
    dict.fromkeys(_TWO_DECIMALS.split(), 2)
    | dict.fromkeys(_NO_DECIMALS.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS.split(), 3)
    | dict.fromkeys(_FOUR_DECIMALS.split(), 4)
)


class UnknownCurrency(Invalid):
    """A code that ISO 4217 does not have."""


class CurrencyMismatch(Invalid):
    """Amounts of two currencies in one sum."""


def currency_exponent(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217).

    Raises:
        UnknownCurrency: when there is no such code.
    """
    exponent = CURRENCY_EXPONENTS.get(currency)
    if exponent is None:
        msg = f"unknown currency {currency!r}: expected a code of ISO 4217, such as EUR"
        raise UnknownCurrency(msg)
    return exponent


def round_half_away(value: Fraction, decimals: int) -> Decimal:
    """Round an exact rational to `decimals` places, halves away from zero.

    Example: 0.335 at 2 places is 0.34, and -0.335 is -0.34.
    """
    # Not as a fraction: to reduce it takes longer than all the rest.
    numerator, below = value.as_integer_ratio()
    units = (2 * abs(numerator) * 10**decimals + below) // (2 * below)
    return Decimal(units if numerator >= 0 else -units).scaleb(-decimals)


class Money(msgspec.Struct, frozen=True):
    """An amount of a currency with exactly the currency's decimals: what a document shows."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse an amount with other decimals than the currency has."""
        exponent = currency_exponent(self.currency)
        if not self.amount.is_finite() or self.amount.as_tuple().exponent != -exponent:
            msg = f"{self.amount} {self.currency}: expected exactly {exponent} decimals"
            raise Invalid(msg)

    @classmethod
    def rounded(cls, exact: Fraction, currency: str) -> "Money":
        """Round an exact amount once, half away from zero."""
        return cls(round_half_away(exact, currency_exponent(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing of a currency."""
        return cls.rounded(Fraction(0), currency)

    def as_fraction(self) -> Fraction:
        """Return the exact amount."""
        return Fraction(self.amount)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        if self.currency != other.currency:
            msg = f"cannot add {other} to {self}: two currencies"
            raise CurrencyMismatch(msg)
        return Money(self.amount + other.amount, self.currency)

    def __neg__(self) -> "Money":
        """Return the opposite amount; nothing stays nothing, without a sign."""
        return Money.rounded(-self.as_fraction(), self.currency)

    def __str__(self) -> str:
        """Write amount and currency, such as `267.54 EUR`."""
        return f"{self.amount:f} {self.currency}"


def total(amounts: Sequence[Money], currency: str) -> Money:
    """Return the exact sum; nothing of `currency` for an empty sequence.

    Raises:
        CurrencyMismatch: when one amount is of another currency.
    """
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result


def allocate(whole: Money, weights: Sequence[Fraction]) -> list[Money]:
    """Split an amount by weights so that the parts add up to it exactly.

    Largest remainder; of equal remainders the later part gets the unit first, so that 100.00 in
    three is 33.33, 33.33, 33.34.

    Raises:
        Invalid: for no weights, a negative one, or only zeros.
    """
    weight_sum = sum(weights, Fraction(0))
    if weight_sum <= 0 or min(weights) < 0:
        msg = "cannot split an amount: expected weights of zero and more, at least one above zero"
        raise Invalid(msg)
    if len(weights) == 1:
        return [Money.rounded(whole.as_fraction(), whole.currency)]
    unit = Fraction(1, 10 ** currency_exponent(whole.currency))
    units = whole.as_fraction() / unit
    exact = [units * weight / weight_sum for weight in weights]
    floors = [part.numerator // part.denominator for part in exact]
    missing = int(units) - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], -i))
    for i in by_remainder[:missing]:
        floors[i] += 1
    return [Money.rounded(part * unit, whole.currency) for part in floors]
