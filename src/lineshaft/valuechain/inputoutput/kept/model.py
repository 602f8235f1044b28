"""What the hub keeps of a national table, and the changes that a what-if makes to it. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.inputoutput.errors import TakesTooMuch

NAME_CHARACTERS_MAX = 80
LICENCE_CHARACTERS_MAX = 500
TABLES_MAX = 100
LEVERS_MAX = 20
"""Changes of one what-if."""
PERCENT_MAX = 100
COVERAGE_MIN = Fraction(1, 2)
"""Of output, the part that must balance: of less, no figure would mean anything."""
FORMATS = {"icio": False, "figaro": False, "wiod": False, "exiobase": False, "csv": True}
"""The formats that are read, and whether a real file of each was tried (docs/input-output.md)."""
TOYS = frozenset(
    {
        "reflection",
        "domestic_double_counting",
        "foreign_double_counting",
        "directly_absorbed_value_added",
        "oecd_gvc_forward",
        "wwz_foreign_value_added",
        "wwz_foreign_double_counting",
        "ghosh_loss",
    }
)
"""Indicators that say little of a firm unless a table is calibrated for it: off by default."""
_NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{NAME_CHARACTERS_MAX - 1}}}", re.ASCII)
_MODEL = (
    "Leontief model in quantities, Miller & Blair 2009, section 2.2; changes by Woodbury's identity"
)
OUTPUT_CHANGE = Indicator(
    name="output_change",
    symbol="dx",
    unit="",
    formula="x* - B f, x* = (I - A*)^-1 f*",
    source=_MODEL,
    range="(-inf, inf)",
)
VALUE_ADDED_CHANGE = Indicator(
    name="value_added_change",
    symbol="dVA",
    unit="",
    formula="v*' x* - v' B f",
    source=f"{_MODEL}; prices and other coefficients stay as they are",
    range="(-inf, inf)",
)
_BAR = "|"
# Percents are typed as decimals and added as floats.
_PERCENT_TOLERANCE = 1e-9


class KeptTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table that the hub keeps; it never changes, it can only be dropped.

    Attributes:
        name: by which it is asked for.
        format: that its file had.
        title: the publisher's table and edition, shown beside each figure.
        vintage: the year that it describes.
        licence: what its user noted of its licence; may be empty.
        rows: regions times industries.
        size_bytes, sha256: of the kept file.
        digest: of its coefficients, the name of its inverse.
        coverage: the part of its output that balances.
        kept_by: name of the person.
    """

    name: str
    format: str
    title: str
    vintage: str
    currency: str
    licence: str
    countries: int
    industries: int
    rows: int
    size_bytes: int
    sha256: str
    digest: str
    coverage: Fraction
    kept_at: Instant
    kept_by: str

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "name": self.name,
            "format": self.format,
            "title": self.title,
            "vintage": self.vintage,
            "currency": self.currency,
            "licence": self.licence,
            "countries": self.countries,
            "industries": self.industries,
            "rows": self.rows,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "coverage": str(self.coverage),
            "kept_at": format_instant(self.kept_at),
            "kept_by": self.kept_by,
        }


def check_name(name: str) -> None:
    """Pass a name under which a table can be kept.

    Raises:
        Invalid: for any other.
    """
    if _NAME.fullmatch(name) is None:
        msg = f"cannot keep a table as {name[:NAME_CHARACTERS_MAX]!r}: expected 1 to "
        msg += f"{NAME_CHARACTERS_MAX} small letters, digits, dots and hyphens, as in icio-2020"
        raise Invalid(msg)


class TableChoices(msgspec.Struct, frozen=True):
    """What there is to choose in a table.

    Attributes:
        countries: each economy once.
        regions: what its rows are of; most are countries.
        manufacturing: those of `industries` that are; empty where that is not known.
    """

    countries: tuple[str, ...]
    regions: tuple[str, ...]
    industries: tuple[str, ...]
    manufacturing: tuple[str, ...]

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "countries": list(self.countries),
            "regions": list(self.regions),
            "industries": list(self.industries),
            "manufacturing": list(self.manufacturing),
        }


class LeverKind(StrEnum):
    """What a lever changes."""

    DEMAND = "demand"
    VALUE_ADDED = "value_added"
    COEFFICIENT = "coefficient"


class Lever(msgspec.Struct, frozen=True):
    """One change of a what-if.

    Attributes:
        kind: final demand for the products of an industry, its value added for a unit of output, or
            what another industry buys of it for a unit of its own output.
        percent: of what the table has, from -100 to 100.
        to_region, to_industry: the buyer of a coefficient; empty for other kinds.
    """

    kind: LeverKind
    region: str
    industry: str
    percent: float
    to_region: str = ""
    to_industry: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (isfinite(self.percent) and abs(self.percent) <= PERCENT_MAX):
            msg = f"cannot change by {self.percent} %: expected -{PERCENT_MAX} to {PERCENT_MAX}"
            raise Invalid(msg)
        has_buyer = bool(self.to_region and self.to_industry)
        if has_buyer != (self.kind is LeverKind.COEFFICIENT):
            msg = f"a change of {self.kind}: expected a buyer with a coefficient, and with nothing "
            raise Invalid(msg + "else")

    @classmethod
    def from_text(cls, text: str) -> "Lever":
        """Read what `to_text` wrote: `demand|DEU|C29|10`.

        Raises:
            Invalid: for anything else.
        """
        parts = text.split(_BAR)
        try:
            kind, region, industry, *buyer, percent = parts
            to_region, to_industry = buyer or ("", "")
            return cls(LeverKind(kind), region, industry, float(percent), to_region, to_industry)
        except ValueError as error:
            msg = f"cannot read the change {text[:80]!r}: expected such as demand|DEU|C29|10"
            raise Invalid(msg) from error

    def to_text(self) -> str:
        """Write it for an address: `demand|DEU|C29|10`."""
        return _BAR.join((self.number, f"{self.percent:g}"))

    @property
    def number(self) -> str:
        """Name what it changes: `demand|DEU|C29`."""
        buyer = (self.to_region, self.to_industry) if self.to_region else ()
        return _BAR.join((self.kind, self.region, self.industry, *buyer))

    @classmethod
    def from_content(cls, content: Any) -> "Lever":
        """Read JSON content.

        Raises:
            Invalid: for anything else.
        """
        try:
            return cls(
                kind=LeverKind(content["kind"]),
                region=str(content["region"]),
                industry=str(content["industry"]),
                percent=float(content["percent"]),
                to_region=str(content.get("to_region", "")),
                to_industry=str(content.get("to_industry", "")),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = f"cannot read a change: {error!r}; expected kind, region, industry, percent, and "
            raise Invalid(msg + "with a coefficient to_region and to_industry") from error


class ShownLever(msgspec.Struct, frozen=True):
    """A lever with what it starts from.

    Attributes:
        before, after: the demand in the table's unit, or the coefficient.
    """

    lever: Lever
    before: float
    after: float


class Effect(msgspec.Struct, frozen=True):
    """What a what-if does to a country, or to one of its industries.

    Attributes:
        industry: empty for a country as a whole; both are empty for the world.
        output, value_added: before the change.
        output_change, value_added_change: what is added to them.
    """

    country: str
    industry: str
    output: float
    output_change: float
    value_added: float
    value_added_change: float

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "country": self.country,
            "industry": self.industry,
            "output": self.output,
            "output_change": self.output_change,
            "value_added": self.value_added,
            "value_added_change": self.value_added_change,
        }


class Answered(msgspec.Struct, frozen=True):
    """What a what-if comes to.

    Attributes:
        world: of all countries together.
        countries: all of them, the largest change of value added first.
        industries: of regions, the largest change of value added first; as many as asked for.
    """

    table: KeptTable
    levers: tuple[ShownLever, ...]
    world: Effect
    countries: tuple[Effect, ...]
    industries: tuple[Effect, ...]

    def figure(self, indicator: Indicator, value: float) -> Figure:
        """Return a number of it with what a reader needs to judge it."""
        table = self.table
        return Figure(indicator, value, table.title, table.vintage, table.coverage)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "table": self.table.name,
            "title": self.table.title,
            "vintage": self.table.vintage,
            "currency": self.table.currency,
            "coverage": str(self.table.coverage),
            "formulas": {each.name: each.formula for each in (OUTPUT_CHANGE, VALUE_ADDED_CHANGE)},
            "changes": [
                {"change": each.lever.to_text(), "before": each.before, "after": each.after}
                for each in self.levers
            ],
            "world": self.world.to_content(),
            "countries": [each.to_content() for each in self.countries],
            "industries": [each.to_content() for each in self.industries],
        }


def check_levers(levers: Sequence[Lever]) -> None:
    """Pass as many levers as one what-if may have, and no more taken of a number than there is.

    Raises:
        Invalid: beyond `LEVERS_MAX`.
        TakesTooMuch: when the changes of one number add up to less than -`PERCENT_MAX` %.
    """
    if len(levers) > LEVERS_MAX:
        msg = f"{len(levers)} changes at once: expected at most {LEVERS_MAX}"
        raise Invalid(msg)
    together: dict[str, float] = {}
    for lever in levers:
        number = lever.number
        together[number] = together.get(number, 0) + lever.percent
        if together[number] < -PERCENT_MAX - _PERCENT_TOLERANCE:
            msg = f"the changes of {number} together take {-together[number]:g} % of it: expected "
            raise TakesTooMuch(msg + f"at most {PERCENT_MAX} %")
