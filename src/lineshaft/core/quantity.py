"""Quantities with units of UN/ECE Recommendation 20, converted exactly or not at all.

The recommendation prints rounded factors (a metre per minute as 0.016 666 m/s), so the exact ones
stand here, as rationals to one base unit per dimension. A unit of the recommendation that has no
factor here is known, can be measured and billed, and converts to itself only.
"""

import csv
import re
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Self

import msgspec

from lineshaft.core.errors import Invalid

RATIONAL_DIGITS_MAX = 2_000
_RATIONAL = re.compile(
    rf"-?\d{{1,{RATIONAL_DIGITS_MAX}}}(/\d{{1,{RATIONAL_DIGITS_MAX}}})?", re.ASCII
)


class UnknownUnit(Invalid):
    """A code that UN/ECE Recommendation 20 does not have."""


class UnitMismatch(Invalid):
    """Two units of different dimensions, or without an exact factor between them."""


class Unit(msgspec.Struct, frozen=True):
    """A unit of UN/ECE Recommendation 20, revision 17e: common code, name, symbol."""

    code: str
    name: str
    symbol: str


_DIMENSIONS: dict[str, dict[str, Fraction]] = {
    "time": {
        "SEC": Fraction(1),
        "C26": Fraction(1, 1_000),
        "B98": Fraction(1, 1_000_000),
        "MIN": Fraction(60),
        "HUR": Fraction(3_600),
        "DAY": Fraction(86_400),
        "WEE": Fraction(604_800),
    },
    "length": {
        "MTR": Fraction(1),
        "MMT": Fraction(1, 1_000),
        "CMT": Fraction(1, 100),
        "4H": Fraction(1, 1_000_000),
        "KMT": Fraction(1_000),
        "INH": Fraction(254, 10_000),
        "FOT": Fraction(3_048, 10_000),
    },
    "area": {"MTK": Fraction(1), "MMK": Fraction(1, 1_000_000), "CMK": Fraction(1, 10_000)},
    "volume": {
        "MTQ": Fraction(1),
        "LTR": Fraction(1, 1_000),
        "MLT": Fraction(1, 1_000_000),
        "HLT": Fraction(1, 10),
    },
    "mass": {
        "KGM": Fraction(1),
        "GRM": Fraction(1, 1_000),
        "MGM": Fraction(1, 1_000_000),
        "TNE": Fraction(1_000),
    },
    "speed": {
        "MTS": Fraction(1),
        "C16": Fraction(1, 1_000),
        "2M": Fraction(1, 100),
        "2X": Fraction(1, 60),
        "H81": Fraction(1, 60_000),
        "KMH": Fraction(1_000, 3_600),
        "FR": Fraction(3_048, 600_000),
        "FS": Fraction(3_048, 10_000),
        "M63": Fraction(254, 600_000),
    },
    "angle": {"DD": Fraction(1), "D61": Fraction(1, 60), "D62": Fraction(1, 3_600)},
    "angular velocity": {"E96": Fraction(1), "RPM": Fraction(6), "RPS": Fraction(360)},
    "energy": {
        "JOU": Fraction(1),
        "KJO": Fraction(1_000),
        "3B": Fraction(1_000_000),
        "GV": Fraction(1_000_000_000),
        "WHR": Fraction(3_600),
        "KWH": Fraction(3_600_000),
        "MWH": Fraction(3_600_000_000),
        "GWH": Fraction(3_600_000_000_000),
    },
    "power": {"WTT": Fraction(1), "KWT": Fraction(1_000), "MAW": Fraction(1_000_000)},
    "pressure": {
        "PAL": Fraction(1),
        "KPA": Fraction(1_000),
        "MPA": Fraction(1_000_000),
        "BAR": Fraction(100_000),
        "MBR": Fraction(100),
    },
    "volume flow": {
        "MQS": Fraction(1),
        "MQH": Fraction(1, 3_600),
        "L2": Fraction(1, 60_000),
        "E32": Fraction(1, 3_600_000),
    },
    "force": {"NEW": Fraction(1), "B47": Fraction(1_000)},
    "electric current": {"AMP": Fraction(1), "4K": Fraction(1, 1_000)},
    "voltage": {"VLT": Fraction(1), "KVT": Fraction(1_000), "2Z": Fraction(1, 1_000)},
    "frequency": {"HTZ": Fraction(1), "KHZ": Fraction(1_000), "MHZ": Fraction(1_000_000)},
    "number": {
        "C62": Fraction(1),
        "P1": Fraction(1, 100),
        "59": Fraction(1, 1_000_000),
    },
}

_FACTORS: dict[str, tuple[str, Fraction]] = {
    code: (dimension, factor)
    for dimension, units in _DIMENSIONS.items()
    for code, factor in units.items()
}


@cache
def _units() -> dict[str, Unit]:
    with files("lineshaft.core").joinpath("rec20.csv").open(encoding="utf-8") as table:
        return {
            row["code"]: Unit(row["code"], row["name"], row["symbol"])
            for row in csv.DictReader(table)
        }


def unit_named(code: str) -> Unit:
    """Return the unit with that common code.

    Raises:
        UnknownUnit: when the recommendation has no such code, or has withdrawn it.
    """
    unit = _units().get(code)
    if unit is None:
        msg = f"unknown unit {code!r}: expected a code of UN/ECE Rec 20, such as SEC or KWH"
        raise UnknownUnit(msg)
    return unit


def conversion_factor(source: str, target: str) -> Fraction:
    """Return the exact number of `target` in one `source`.

    Raises:
        UnknownUnit: for a code that does not exist.
        UnitMismatch: when the two measure different things, or have no exact factor.
    """
    unit_named(source), unit_named(target)
    if source == target:
        return Fraction(1)
    ours, theirs = _FACTORS.get(source), _FACTORS.get(target)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        msg = f"cannot convert {_describe(source)} to {_describe(target)} exactly"
        raise UnitMismatch(msg)
    return ours[1] / theirs[1]


def base_of(code: str) -> tuple[str, Fraction]:
    """Return what a unit measures, and how many coherent units of the SI one of it is.

    A unit without an exact factor measures itself.

    Raises:
        UnknownUnit: for a code that does not exist.
    """
    return _FACTORS.get(unit_named(code).code, (code, Fraction(1)))


def _describe(code: str) -> str:
    return f"{code} ({unit_named(code).name})"


class Quantity(msgspec.Struct, frozen=True):
    """An exact amount of a unit, such as 6289/1800 HUR."""

    amount: Fraction
    unit: str

    def __post_init__(self) -> None:
        """Refuse a unit that does not exist."""
        unit_named(self.unit)

    def to(self, unit: str) -> Self:
        """Return the same quantity in another unit, exactly.

        Raises:
            UnitMismatch: when there is no exact factor between the two.
        """
        return type(self)(self.amount * conversion_factor(self.unit, unit), unit)

    def __add__(self, other: "Quantity") -> "Quantity":
        """Add a quantity of the same dimension, in this unit."""
        return Quantity(self.amount + other.to(self.unit).amount, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Subtract a quantity of the same dimension, in this unit."""
        return Quantity(self.amount - other.to(self.unit).amount, self.unit)

    def __str__(self) -> str:
        """Write amount and code, such as `6289/1800 HUR`."""
        return f"{self.amount} {self.unit}"


def parse_fraction(text: str) -> Fraction:
    """Read an exact rational as documents carry it: `134`, `-3/4`; lowest terms, no blanks.

    Raises:
        Invalid: for any other text, or for one that is not in lowest terms.
    """
    try:
        # The form first: `Fraction` would compute the power of ten of an exponent, however large.
        value = Fraction(text if _RATIONAL.fullmatch(text) else "")
    except (ValueError, ZeroDivisionError) as error:
        msg = f"cannot read {text[:80]!r} as a rational number: expected such as 6289/1800"
        raise Invalid(msg) from error
    if str(value) != text:
        msg = f"the rational number {text[:80]!r} is not in lowest terms: expected {value}"
        raise Invalid(msg)
    return value


EXACT_CHARACTERS_MAX = 100
_EXACT = re.compile(r"-?\d+(?:\.\d+|/\d+)?", re.ASCII)


def parse_exact(value: int | str | Decimal) -> Fraction:
    """Read an exact number as people write it into files: 12, "0.5", "1/3", or a decimal.

    Neither an exponent nor more than 100 characters: what is computed from it stays small.

    Raises:
        Invalid: for any other text, and for a decimal that is no plain number.
    """
    text = f"{value:f}" if isinstance(value, Decimal) and abs(value.adjusted()) < 50 else str(value)
    if len(text) > EXACT_CHARACTERS_MAX or _EXACT.fullmatch(text) is None:
        msg = f"{text[:80]!r}: expected an exact number, such as 12 or '0.5' or '1/3'"
        raise Invalid(msg)
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        msg = f"{text!r}: expected a number, and nothing is divided by zero"
        raise Invalid(msg) from error
