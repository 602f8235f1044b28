"""Exact values: what a machine said, never passed through a binary float on the way.

A decimal is an int64 mantissa and an exponent, taken from the decimal text or from the protocol's
integer and scale; trailing zeros are kept, because they are the resolution of the source. A float
is kept only for sources that send binary floats. What fits neither is refused, never rounded.
"""

import math
import re
from decimal import Decimal
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Invalid

MANTISSA_MIN, MANTISSA_MAX = -(2**63), 2**63 - 1
EXPONENT_MIN, EXPONENT_MAX = -18, 18
TEXT_BYTES_MAX = 16_384

_DECIMAL = re.compile(r"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,4}))?", re.ASCII)
DECIMAL_TEXT_MAX = 64


class NotADecimal(Invalid):
    """Text that is no decimal number, or one that does not fit mantissa and exponent."""


class DecimalValue(msgspec.Struct, frozen=True):
    """The number `mantissa * 10**exponent`, exactly; -2**63 <= mantissa < 2**63."""

    mantissa: int
    exponent: int

    def __post_init__(self) -> None:
        """Refuse what the stored columns cannot hold."""
        if not (
            MANTISSA_MIN <= self.mantissa <= MANTISSA_MAX
            and EXPONENT_MIN <= self.exponent <= EXPONENT_MAX
        ):
            msg = (
                f"cannot store {self.mantissa}e{self.exponent}: expected a 64-bit mantissa "
                f"and an exponent from {EXPONENT_MIN} to {EXPONENT_MAX}"
            )
            raise NotADecimal(msg)

    def as_fraction(self) -> Fraction:
        """Return the exact rational."""
        if self.exponent < 0:
            return Fraction(self.mantissa, 10**-self.exponent)
        return Fraction(self.mantissa * 10**self.exponent)

    def __str__(self) -> str:
        """Write in plain notation with the decimals that the source gave."""
        return f"{Decimal(self.mantissa).scaleb(self.exponent):f}"


class EnumerationValue(msgspec.Struct, frozen=True):
    """One of a closed list: the code that the protocol sends, and its symbol."""

    code: int
    symbol: str

    def __post_init__(self) -> None:
        """Refuse a code beyond 64 bits and a text beyond its maximum."""
        if not MANTISSA_MIN <= self.code <= MANTISSA_MAX:
            msg = f"enumeration code {self.code}: expected a 64-bit integer"
            raise Invalid(msg)
        check_text(self.symbol)


Value = DecimalValue | EnumerationValue | float | bool | str | None


def parse_decimal(text: str) -> DecimalValue:
    """Read a decimal number from ASCII text such as `-12.50` or `1.5E-3`, digit for digit.

    Neither NaN nor infinity, no decimal comma, no digit grouping, no blanks.

    Raises:
        NotADecimal: when it is no such number, or does not fit.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= DECIMAL_TEXT_MAX else None
    if match is None:
        msg = f"cannot read {text[:DECIMAL_TEXT_MAX]!r} as a number: expected digits such as 12.5"
        raise NotADecimal(msg)
    fraction = match[3] or match[4] or ""
    exponent = int(match[5] or 0) - len(fraction)
    return _fit(int(f"{match[1]}{match[2] or ''}{fraction}"), exponent, text)


def _fit(mantissa: int, exponent: int, text: str) -> DecimalValue:
    """Bring the exponent into range by moving zeros, which changes no digit that says anything."""
    while exponent > EXPONENT_MAX and abs(mantissa) <= MANTISSA_MAX:
        mantissa, exponent = mantissa * 10, exponent - 1
    while (exponent < EXPONENT_MIN or not MANTISSA_MIN <= mantissa <= MANTISSA_MAX) and (
        mantissa % 10 == 0 and exponent < EXPONENT_MAX
    ):
        if mantissa == 0:
            return DecimalValue(0, max(EXPONENT_MIN, min(EXPONENT_MAX, exponent)))
        mantissa, exponent = mantissa // 10, exponent + 1
    try:
        return DecimalValue(mantissa, exponent)
    except NotADecimal as error:
        msg = f"cannot store {text!r}: more digits or a larger scale than a reading can hold"
        raise NotADecimal(msg) from error


def check_float(value: float) -> float:
    """Pass a finite binary float.

    Raises:
        NotADecimal: for NaN and the infinities.
    """
    if not math.isfinite(value):
        msg = f"cannot store {value}: expected a finite number"
        raise NotADecimal(msg)
    return value


def check_text(value: str) -> str:
    """Pass text that encodes to at most `TEXT_BYTES_MAX` bytes of UTF-8.

    Raises:
        Invalid: when it is longer, or holds a lone surrogate.
    """
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        msg = "cannot store the text: it holds a lone surrogate, which is no character"
        raise Invalid(msg) from error
    if size > TEXT_BYTES_MAX:
        msg = f"cannot store a text of {size} bytes: at most {TEXT_BYTES_MAX}"
        raise Invalid(msg)
    return value


class Columns(msgspec.Struct, frozen=True):
    """A value as the stored columns hold it; which are present tells the type.

    decimal: mantissa and exponent; enumeration: mantissa (code) and text (symbol);
    bool: mantissa alone (0 or 1); float: number; text: text; nothing: all None.
    """

    mantissa: int | None = None
    exponent: int | None = None
    number: float | None = None
    text: str | None = None


def to_columns(value: Value) -> Columns:
    """Spread a value over the columns.

    Raises:
        Invalid: for a float that is not finite and a text that is too long.
    """
    match value:
        case None:
            return Columns()
        case bool():
            return Columns(mantissa=int(value))
        case DecimalValue():
            return Columns(mantissa=value.mantissa, exponent=value.exponent)
        case EnumerationValue():
            return Columns(mantissa=value.code, text=value.symbol)
        case float():
            return Columns(number=check_float(value))
        case str():
            return Columns(text=check_text(value))


def from_columns(columns: Columns) -> Value:
    """Gather a value from its columns.

    Raises:
        Invalid: when the columns that are present make no value.
    """
    match columns:
        case Columns(None, None, None, None):
            return None
        case Columns(int(mantissa), int(exponent), None, None):
            return DecimalValue(mantissa, exponent)
        case Columns(int(mantissa), None, None, str(symbol)):
            return EnumerationValue(mantissa, symbol)
        case Columns(0 | 1 as bit, None, None, None):
            return bool(bit)
        case Columns(None, None, float(number), None):
            return check_float(number)
        case Columns(None, None, None, str(text)):
            return text
        case _:
            msg = f"no value has these columns: {columns}"
            raise Invalid(msg)
