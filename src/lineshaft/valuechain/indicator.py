"""What every indicator of the value chain, and every number that is shown, says of itself."""

from decimal import Decimal
from fractions import Fraction

import msgspec


class Indicator(msgspec.Struct, frozen=True):
    """An indicator: how it is written, computed and bounded, and where its definition stands.

    Attributes:
        name: stable name in snake_case, the key of its texts in every language.
        unit: code of UN/ECE Rec 20 or ISO 4217; `C62` is a ratio, empty where the data give it.
        source: the paper and equation, or the standard and clause.
        range: of its values, as an interval.
        is_verified: False when its source was not read in full or no published figure was
            reproduced; such an indicator is off by default and says so.
    """

    name: str
    symbol: str
    unit: str
    formula: str
    source: str
    range: str
    is_verified: bool = True


class Figure(msgspec.Struct, frozen=True):
    """A number with everything that a reader needs to judge it.

    Attributes:
        value: exact for money and counts of the firm; a float for fits and national tables; None
            when it was not measured, and then `missing` says what was missing.
        table: the data that it was computed from (the firm's ledger, `WIOD 2013`, a file's name).
        vintage: what these data describe and when they were known (`2026-Q3 as of 2026-10-02`).
        coverage: the part of what it speaks of that the data hold, from 0 to 1.
        low, high: the interval, where the number is an estimate.
    """

    indicator: Indicator
    value: Decimal | Fraction | float | int | None
    table: str
    vintage: str
    coverage: Fraction
    low: float | None = None
    high: float | None = None
    missing: str = ""
