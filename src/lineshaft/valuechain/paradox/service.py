"""Use cases: what a country depends on, and where a firm's own items stand.

They read files of the caller and write nothing, so they ask nobody for leave: who can read the
files may know what is in them.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.inputoutput import service as inputoutput
from lineshaft.valuechain.inputoutput.model import TableFile
from lineshaft.valuechain.paradox.concentration import (
    OUTSIDE_CONCENTRATION,
    OUTSIDE_PART,
    OUTSIDE_RATIO,
    Concentrations,
    bloc_figures,
    concentrations,
    importer_figures,
)
from lineshaft.valuechain.paradox.dependence import (
    WINDOW_YEARS,
    DependenceList,
    dependence_list,
)
from lineshaft.valuechain.paradox.errors import ImporterUnknown
from lineshaft.valuechain.paradox.firm import (
    CLOSURE_RATIO,
    COMPETITIVENESS_PERCENTILE,
    CONTROLLABILITY,
    HORIZON_DAYS,
    SUBSTITUTION_RATIO,
    VULNERABILITY,
    VULNERABILITY_PERCENTILE,
    closure,
    quadrant,
)
from lineshaft.valuechain.paradox.industries import IndustryPoint, industry_points
from lineshaft.valuechain.paradox.model import (
    COUNTRIES_MAX,
    Closure,
    ProductFigures,
    QuadrantPoint,
)
from lineshaft.valuechain.paradox.products import (
    DUAL_PARADOX,
    GEODEP_INDICATORS,
    CountryQuadrant,
    CountryYear,
    ProductPoint,
    country_quadrant,
    country_year,
    point_content,
    quadrant_content,
    world_year,
)
from lineshaft.valuechain.paradox.schema import COMPETITIVENESS, UPGRADING
from lineshaft.valuechain.paradox.trade import read_trade
from lineshaft.valuechain.paradox.upgrading import (
    HORIZONTAL,
    VERTICAL,
    UpgradeStep,
    trajectory,
)
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.service import register
from lineshaft.valuechain.tables.service import Shown, no_progress, read_tables

FIRM_TABLES = (COMPETITIVENESS, UPGRADING)
"""What a firm says of its own items and of its years."""
Trajectory = list[tuple[UpgradeStep, tuple[Figure, Figure]]]
"""Years with their positions, horizontal and vertical."""
__all__ = [
    "DUAL_PARADOX",
    "CountryQuadrant",
    "DependenceQuestion",
    "PlacedItem",
    "ProductPoint",
    "closure_of",
    "country_products",
    "dependence",
    "firm_quadrant",
    "industry_quadrant",
    "item_content",
    "point_content",
    "quadrant_content",
    "read_years",
    "upgrading",
]

OF_INDUSTRIES = ("value_added_comparative_advantage", "foreign_content", "gross_exports")
BLOC_INDICATORS = (OUTSIDE_CONCENTRATION, OUTSIDE_PART, OUTSIDE_RATIO)


class DependenceQuestion(msgspec.Struct, frozen=True):
    """Whose dependence is asked for: of one importer, or of a bloc.

    Attributes:
        importers: numeric codes of BACI; one for CEPII's rule, the members for the Commission's.
        is_bloc: the Commission's three indicators, which are off by default.
        is_unverified_wanted: also what was not checked against its source.
    """

    importers: tuple[int, ...]
    is_bloc: bool = False
    is_unverified_wanted: bool = False


def dependence(
    files: Sequence[Path], question: DependenceQuestion, show: Shown = no_progress
) -> DependenceList:
    """Read a file of trade for each year and list what is depended on.

    Raises:
        Invalid: for what is asked for, years that are there twice, or files of two editions.
        UnreadableTrade: naming the file.
        ImporterUnknown: when it imports nothing in these years.
        TooThin: for fewer than three years in a row.
    """
    _check_question(question)
    found: list[ProductFigures] = []
    editions: set[str] = set()
    for at, path in enumerate(files):
        show("trade", at, len(files))
        flows = read_trade(path)
        editions.add(flows.name)
        one, *_ = question.importers
        figures = (
            bloc_figures(flows, question.importers)
            if question.is_bloc
            else importer_figures(flows, one)
        )
        found.append(figures)
    show("trade", len(files), len(files))
    _check_read([each.year for each in found], editions, files)
    if not any(len(each.products) for each in found):
        codes = ", ".join(map(str, question.importers))
        msg = f"{codes} imports nothing in {', '.join(sorted(editions))}: expected codes of BACI"
        raise ImporterUnknown(msg)
    indicators = BLOC_INDICATORS if question.is_bloc else GEODEP_INDICATORS
    found.sort(key=lambda each: each.year)
    return dependence_list(found, ", ".join(sorted(editions)), indicators)


def read_years(
    files: Sequence[Path], show: Shown = no_progress
) -> tuple[str, list[tuple[int, Concentrations]]]:
    """Read a file of trade for each year; return the edition, and what countries trade by year.

    Raises:
        UnreadableTrade: naming the file.
        Invalid: for years that are there twice, or files of two editions.
        TooThin: for fewer than three years.
    """
    found: list[tuple[int, Concentrations]] = []
    editions: set[str] = set()
    for at, path in enumerate(files):
        show("trade", at, len(files))
        flows = read_trade(path)
        editions.add(flows.name)
        found.append((flows.year, concentrations(flows)))
    show("trade", len(files), len(files))
    years = [year for year, _ in found]
    _check_read(years, editions, files)
    if len(years) < WINDOW_YEARS:
        said = ", ".join(map(str, years)) or "none"
        msg = f"lists of products need {WINDOW_YEARS} years in a row, got {said}: "
        raise TooThin(msg + "give a file of trade for each of them")
    return ", ".join(sorted(editions)), sorted(found, key=lambda each: each[0])


def country_products(
    files: Sequence[Path], country: int, show: Shown = no_progress
) -> CountryQuadrant:
    """Read a file of trade for each year, and place each product of a country.

    Raises:
        UnreadableTrade: naming the file.
        Invalid: for years that are there twice, or files of two editions.
        ImporterUnknown: when it imports nothing in these years.
        TooThin: for fewer than three years in a row.
    """
    edition, read = read_years(files, show)
    years: list[CountryYear] = []
    for year, found in read:
        row = int(found.countries.searchsorted(country))
        if row == len(found.countries) or found.countries[row] != country:
            msg = f"{country} trades nothing in {year} of {edition}: expected a code of BACI"
            raise ImporterUnknown(msg)
        years.append(country_year(found, world_year(found, year), row))
    return country_quadrant(country, years, edition)


def _check_question(question: DependenceQuestion) -> None:
    codes = question.importers
    if not codes or not all(0 <= code < COUNTRIES_MAX for code in codes):
        msg = f"cannot list dependencies of {codes or 'nobody'}: expected codes of BACI"
        raise Invalid(msg)
    if not question.is_bloc and len(codes) > 1:
        msg = f"CEPII's rule is of one importer, got {len(codes)}: expected one, or a bloc"
        raise Invalid(msg)
    if question.is_bloc and not question.is_unverified_wanted:
        msg = "the European Commission's indicators are off: their thresholds (0.4, 0.5, 1) were "
        msg += "not checked against SWD(2021)352; expected that unverified ones are asked for"
        raise Invalid(msg)


def _check_read(years: Sequence[int], editions: set[str], files: Sequence[Path]) -> None:
    if len(set(years)) < len(years):
        msg = f"a year is there twice in {', '.join(path.name for path in files)}: {sorted(years)}"
        raise Invalid(msg)
    published = {name for name in editions if name.startswith("BACI ")}
    if len(published) > 1:
        msg = f"expected files of one edition, got {', '.join(sorted(published))}"
        raise Invalid(msg)


class PlacedItem(msgspec.Struct, frozen=True):
    """An item of the quadrant with its figures: two percentiles, vulnerability, control."""

    point: QuadrantPoint
    figures: tuple[Figure, ...]


def firm_quadrant(
    source: Path,
    horizon_days: int = HORIZON_DAYS,
    show: Shown = no_progress,
    books: Path | None = None,
) -> list[PlacedItem]:
    """Place the items of the table `competitiveness` beside a supply network.

    Args:
        source: of the network, a folder or a workbook.
        horizon_days: looked at for requalifying.
        show: told what is read.
        books: where the table `competitiveness` is; None: beside the network.

    Raises:
        TablesInvalid: with all that cannot be read.
        ItemUnknown: for an item that the network does not have.
        TooThin: for too few items.
    """
    network = register(source, None, show).network
    rows = read_tables(books or source, (COMPETITIVENESS,)).rows()[COMPETITIVENESS.name]
    return [
        PlacedItem(each, _point_figures(each, network))
        for each in quadrant(network, rows, horizon_days)
    ]


def industry_quadrant(
    source: TableFile, format_name: str, country: str, show: Shown = no_progress
) -> list[IndustryPoint]:
    """Place a country's industries by comparative advantage in value added and foreign value.

    Raises:
        UnreadableTable: naming file and row.
        UnknownPlace: when the table has no such country.
        TooThin: for too few industries that export.
    """
    kernel = inputoutput.open_kernel(inputoutput.open_table(source, format_name, show), None, show)
    wanted = inputoutput.Wanted(frozenset({country}), frozenset(OF_INDUSTRIES))
    figures: dict[str, dict[str, Figure]] = {}
    for each in inputoutput.report(kernel, wanted):
        if each.industry:
            figures.setdefault(each.industry, {})[each.figure.indicator.name] = each.figure
    return industry_points(figures)


def closure_of(
    source: Path, item: str, perimeter: Sequence[str], show: Shown = no_progress
) -> tuple[Closure, tuple[Figure, Figure]]:
    """Say what of an item can be made inside a perimeter, with the two ratios as figures.

    Raises:
        TablesInvalid: with all that cannot be read.
        ItemUnknown: for an item that the network does not have.
    """
    network = register(source, None, show).network
    found = closure(network, item, frozenset(perimeter))
    table = "bill_of_material, sourcing, sub_tier"
    vintage = _vintage(network)
    no_price = "" if found.closure is not None else "no price of a bought item is known"
    nothing = "" if found.substitution is not None else "nothing with a price is bought outside"
    return found, (
        Figure(CLOSURE_RATIO, found.closure, table, vintage, found.coverage, missing=no_price),
        Figure(
            SUBSTITUTION_RATIO, found.substitution, table, vintage, found.coverage, missing=nothing
        ),
    )


def upgrading(source: Path) -> Trajectory:
    """Return the trajectory of the table `upgrading`, with its positions as figures.

    Raises:
        TablesInvalid: with all that cannot be read.
        TooThin: for fewer than two years in a row.
    """
    steps = trajectory(read_tables(source, (UPGRADING,)).rows()[UPGRADING.name])
    return [
        (
            each,
            (
                Figure(HORIZONTAL, each.horizontal, "upgrading", str(each.year), Fraction(1)),
                Figure(VERTICAL, each.vertical, "upgrading", str(each.year), Fraction(1)),
            ),
        )
        for each in steps
    ]


def _point_figures(point: QuadrantPoint, network: SupplyNetwork) -> tuple[Figure, ...]:
    needed = [item for item in network.sources if network.needs_per_week[item]]
    known = sum(item in network.stock_of for item in needed)
    coverage = Fraction(known, len(needed)) if needed else Fraction(0)
    values = (
        (COMPETITIVENESS_PERCENTILE, point.competitiveness_percentile),
        (VULNERABILITY_PERCENTILE, point.vulnerability_percentile),
        (VULNERABILITY, point.vulnerability),
        (CONTROLLABILITY, point.controllability),
    )
    table = "competitiveness, sourcing, sub_tier, stock"
    return tuple(
        Figure(indicator, value, table, _vintage(network), coverage) for indicator, value in values
    )


def _vintage(network: SupplyNetwork) -> str:
    return f"as of {network.as_of or 'an unknown day'}"


def step_content(step: UpgradeStep, figures: tuple[Figure, Figure]) -> dict[str, Any]:
    """Return a year of a trajectory as JSON content."""
    horizontal, vertical = figures
    return {
        "year": step.year,
        "horizontal": horizontal.value,
        "vertical": vertical.value,
        "move": step.move,
        "is_locked_in": step.is_locked_in,
        "table": horizontal.table,
        "vintage": horizontal.vintage,
    }


def item_content(placed: PlacedItem, rank: int) -> dict[str, Any]:
    """Return a placed item as JSON content; exact numbers as text."""
    point = placed.point
    figures = {each.indicator.name: str(each.value) for each in placed.figures}
    first = placed.figures[0]
    return {
        "rank": rank,
        "item": point.item,
        "field": point.quadrant,
        "weakest": point.weakest,
        **figures,
        "table": first.table,
        "vintage": first.vintage,
        "coverage": str(first.coverage),
    }
