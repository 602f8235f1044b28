"""A value of an indicator, what it covers, and where the lines behind it are. Pure."""

from collections.abc import Mapping
from fractions import Fraction

import msgspec

Number = int | Fraction


class Measured(msgspec.Struct, frozen=True):
    """One value.

    Attributes:
        key: what it is of; empty for the whole period.
        coverage: the part of what it speaks of that the books classify, from 0 to 1.
        missing: why there is no value.
        behind: keys of the lines that it is the share or the margin of, see `columns.KEYS`.
    """

    key: str
    value: Fraction | None
    coverage: Fraction
    missing: str = ""
    behind: Mapping[str, str] = msgspec.field(default_factory=dict)


def share(
    part: Number, whole: Number, behind: Mapping[str, str], *, of: str, key: str = ""
) -> Measured:
    """Return a part as a share of a whole, from 0 to 1.

    Where credit notes exceed what was sold there is no share, and it says so.
    """
    if whole <= 0:
        return Measured(key, None, Fraction(0), f"no {of} above nothing", behind)
    value = Fraction(part) / whole
    if not 0 <= value <= 1:
        reason = f"credits exceed revenue in a part of {of}: it has no share"
        return Measured(key, None, Fraction(0), reason, behind)
    return Measured(key, value, Fraction(1), "", behind)


def of_known(measured: Measured, known: Number, whole: Number, missing: str) -> Measured:
    """Say which part of the whole a share speaks of; refuse it where that is nothing."""
    if whole <= 0 or not 0 < Fraction(known) / whole <= 1:
        reason = measured.missing or missing
        return Measured(measured.key, None, Fraction(0), reason, measured.behind)
    coverage = Fraction(known) / whole
    return Measured(measured.key, measured.value, coverage, measured.missing, measured.behind)
