"""Use cases on a file of a table: read it, check its balance, say its indicators.

Nothing here is of the hub: whoever can read the file may compute on it, so no action is authorised.
"""

from collections.abc import Collection, Iterator
from fractions import Fraction
from pathlib import Path

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.inputoutput.errors import UnknownPlace
from lineshaft.valuechain.inputoutput.extraction import INDICATOR as LOSS
from lineshaft.valuechain.inputoutput.extraction import extraction
from lineshaft.valuechain.inputoutput.indicators import MEMBERS, Member
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import (
    Balance,
    Stoppage,
    Table,
    TableFile,
    Tell,
    Vector,
    balance_of,
)
from lineshaft.valuechain.inputoutput.readers import read_table


class Reported(msgspec.Struct, frozen=True):
    """A figure and what it is of.

    Attributes:
        industry: empty for the country as a whole.
        currency: of a figure in money, which the table gives; empty for a ratio.
    """

    figure: Figure
    country: str
    industry: str
    currency: str


class Loss(msgspec.Struct, frozen=True):
    """What deliveries that stop cost.

    Attributes:
        label: how far the figures can be trusted: an upper bound, or the part that is replaced.
        countries: lost value added; negative for a country that delivers instead.
        world: lost value added in that of all countries.
        not_replaceable: part of what was to be replaced for which there is no other origin.
    """

    label: str
    countries: tuple[Reported, ...]
    world: float
    not_replaceable: float


class Wanted(msgspec.Struct, frozen=True):
    """Which figures to report.

    Attributes:
        countries: empty means all.
        indicators: empty means all that are verified.
        is_unverified_wanted: also those that are off by default.
    """

    countries: frozenset[str] = frozenset()
    indicators: frozenset[str] = frozenset()
    is_unverified_wanted: bool = False


def open_table(source: TableFile, format_name: str, tell: Tell) -> Table:
    """Read a table.

    Raises:
        UnreadableTable: naming file and row.
        ExtraMissing: when the format needs a library that is not installed.
    """
    return read_table(source, format_name, tell)


def check(table: Table, tolerance: float) -> Balance:
    """Say which rows and columns of a table do not sum to its output.

    Raises:
        Invalid: when the tolerance is not from 0 to 1.
    """
    if not 0 <= tolerance <= 1:
        msg = f"cannot check {table.name} with a tolerance of {tolerance}: expected 0 to 1"
        raise Invalid(msg)
    return balance_of(table, tolerance)


def open_kernel(table: Table, cache: Path | None, tell: Tell) -> Kernel:
    """Invert a table, or map its inverse from the directory where it was kept."""
    return Kernel.of(table, cache, tell)


def report(kernel: Kernel, wanted: Wanted) -> Iterator[Reported]:
    """Yield the figures of countries and their industries, indicator by indicator.

    What the table is too thin for is yielded without a value, and says what is missing.

    Raises:
        UnknownPlace: when the table has no such country.
        Invalid: when there is no such indicator.
    """
    table = kernel.table
    unknown = sorted(wanted.countries - set(table.countries))
    if unknown:
        msg = f"{table.name} has no {', '.join(unknown)}: expected countries such as "
        raise UnknownPlace(msg + ", ".join(table.countries[:3]))
    members = _chosen(wanted)
    coverage = balance_of(table).coverage
    countries = [name for name in table.countries if name in (wanted.countries or table.countries)]
    for member in members:
        yield from _figures(kernel, member, countries, coverage)


def extract(kernel: Kernel, stoppage: Stoppage) -> Loss:
    """Say what each country loses in value added when deliveries stop.

    Raises:
        UnknownPlace: when the table has no such country or industry.
        Invalid: when the replaced part is not from 0 to 1.
    """
    table = kernel.table
    found = extraction(kernel, stoppage)
    coverage = balance_of(table).coverage
    lost = table.summed(found.lost_value_added).tolist()
    before = table.summed(kernel.value_added_coefficients * table.gross_output).tolist()
    figures = tuple(
        Reported(_figure(LOSS, table, value, coverage), name, "", table.currency)
        for name, value in zip(table.countries, lost, strict=True)
    )
    return Loss(found.label, figures, sum(lost) / sum(before), found.not_replaceable)


def _chosen(wanted: Wanted) -> list[Member]:
    names = {member.INDICATOR.name for member in MEMBERS}
    unknown = sorted(wanted.indicators - names)
    if unknown:
        msg = f"no indicator is called {', '.join(unknown)}: expected some of "
        raise Invalid(msg + ", ".join(sorted(names)))
    return [
        member
        for member in MEMBERS
        if (not wanted.indicators or member.INDICATOR.name in wanted.indicators)
        and (wanted.is_unverified_wanted or member.INDICATOR.is_verified)
    ]


def _figures(
    kernel: Kernel, member: Member, countries: Collection[str], coverage: Fraction
) -> Iterator[Reported]:
    table, indicator = kernel.table, member.INDICATOR
    currency = "" if indicator.unit else table.currency
    try:
        found = member.values(kernel)
    except TooThin as error:
        for name in countries:
            figure = Figure(
                indicator, None, table.name, table.vintage, Fraction(0), missing=str(error)
            )
            yield Reported(figure, name, "", currency)
        return
    for name, industry, value in _places(table, found.countries, found.rows):
        if name in countries:
            yield Reported(_figure(indicator, table, value, coverage), name, industry, currency)


def _places(
    table: Table, by_country: Vector | None, by_row: Vector | None
) -> Iterator[tuple[str, str, float]]:
    """Yield country, industry and value; a row of a part of a country says which part it is of."""
    if by_country is not None:
        for name, value in zip(table.countries, by_country.tolist(), strict=True):
            yield name, "", value
    if by_row is None:
        return
    for row, value in enumerate(by_row.tolist()):
        region, industry = divmod(row, len(table.industries))
        of, code = table.regions[region], table.industries[industry]
        country = table.economies[region]
        yield country, code if of == country else f"{of} {code}", value


def _figure(indicator: Indicator, table: Table, value: float, coverage: Fraction) -> Figure:
    return Figure(indicator, value, table.name, table.vintage, coverage)
