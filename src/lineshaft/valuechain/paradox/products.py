"""A country's products: comparative advantage beside dependence. Pure.

The same figures whether the trade was read from files or from what the hub keeps of it.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.paradox.concentration import (
    CONCENTRATION_LIMIT,
    GEODEP,
    IMPORT_CONCENTRATION,
    IMPORTS_OVER_EXPORTS,
    RATIO_LIMIT,
    WORLD_EXPORT_CONCENTRATION,
    Concentrations,
    ratio_of,
)
from lineshaft.valuechain.paradox.dependence import (
    PERSISTENCE,
    WINDOW_YEARS,
    DependenceList,
    dependence_list,
    persistence,
)
from lineshaft.valuechain.paradox.errors import ImporterUnknown
from lineshaft.valuechain.paradox.model import Codes, Flags, Floats, ProductFigures, quadrant_of

GEODEP_INDICATORS = (IMPORT_CONCENTRATION, WORLD_EXPORT_CONCENTRATION, IMPORTS_OVER_EXPORTS)
ADVANTAGE_LIMIT = 1.0
"""Above it a country exports more of a product than the world does on average."""
DUAL_PARADOX = quadrant_of(is_strong=True, is_dependent=True)

ADVANTAGE = Indicator(
    name="revealed_comparative_advantage",
    symbol="RCA",
    unit="C62",
    formula=f"(X_jk / X_j) / (X_k / X), exports of {WINDOW_YEARS} years",
    source="Balassa 1965, The Manchester School 33(2); gross exports, as no table of value added "
    "is that fine",
    range="[0, inf)",
)
MARGIN = Indicator(
    name="dependence_margin",
    symbol="d",
    unit="C62",
    formula=f"median over {WINDOW_YEARS} years of min(HHI_import / {CONCENTRATION_LIMIT}, "
    f"HHI_worldexport / {CONCENTRATION_LIMIT}, M/X)",
    source=f"own definition: above 1 is the rule itself, in 2 of 3 years; {GEODEP}",
    range=f"[0, {1 / CONCENTRATION_LIMIT:g}]",
)


class WorldYear(msgspec.Struct, frozen=True, eq=False):
    """What the world exports of each product in a year.

    Attributes:
        products: codes, rising; the other arrays are along them.
        exports: dollars.
        hhi: concentration of the exporters.
    """

    year: int
    products: Codes
    exports: Floats
    hhi: Floats


class CountryYear(msgspec.Struct, frozen=True, eq=False):
    """What a country trades of each product in a year.

    Attributes:
        products: codes, rising, that it imports or exports; the other arrays are along them.
        imports, exports: dollars.
        import_hhi: concentration of the sources; 0 without imports.
        flags: whether CEPII's three conditions hold.
    """

    products: Codes
    imports: Floats
    exports: Floats
    import_hhi: Floats
    flags: Flags
    world: WorldYear

    def figures(self) -> ProductFigures:
        """Return CEPII's figures of what it imports."""
        kept = np.flatnonzero(self.imports)
        products = self.products[kept]
        return ProductFigures(
            year=self.world.year,
            products=products,
            imports=self.imports[kept],
            first=self.import_hhi[kept],
            second=self.world.hhi[np.searchsorted(self.world.products, products)],
            ratio=ratio_of(self.imports[kept], self.exports[kept]),
            flags=self.flags[kept],
        )


class ProductPoint(msgspec.Struct, frozen=True):
    """Where a product of a country stands.

    Attributes:
        product: six digits.
        years: of the window in which CEPII's rule held.
        imports, exports: dollars of the whole window.
    """

    product: str
    years: tuple[int, ...]
    advantage: Figure
    margin: Figure
    imports: float
    exports: float
    is_listed: bool

    @property
    def quadrant(self) -> str:
        """Strong above `ADVANTAGE_LIMIT`, dependent on the list; both is the dual paradox."""
        is_strong = float(self.advantage.value or 0) > ADVANTAGE_LIMIT
        return quadrant_of(is_strong=is_strong, is_dependent=self.is_listed)


class CountryQuadrant(msgspec.Struct, frozen=True):
    """All products of a country, with the list of its dependencies and the churn of both lists.

    Attributes:
        points: of all products that it trades, the dual paradox first, then by imports.
        dual_persistence: of the products of the dual paradox, as of the list.
    """

    country: int
    listed: DependenceList
    points: tuple[ProductPoint, ...]
    dual_persistence: tuple[Figure, ...]


def world_year(found: Concentrations, year: int) -> WorldYear:
    """Return what the world exports."""
    return WorldYear(year, found.products, found.exports.sum(axis=0), found.world_export_hhi)


def country_year(found: Concentrations, world: WorldYear, row: int) -> CountryYear:
    """Return what a country trades, by its row."""
    kept = np.flatnonzero((found.imports[row] > 0) | (found.exports[row] > 0))
    return CountryYear(
        found.products[kept],
        found.imports[row, kept],
        found.exports[row, kept],
        found.import_hhi[row, kept],
        found.flags[row, kept],
        world,
    )


def country_quadrant(country: int, years: Sequence[CountryYear], table: str) -> CountryQuadrant:
    """Place each product of a country; years of which it trades nothing are empty.

    Example: a country exports 2 % of all toys and 1 % of all goods: its RCA in toys is 2, strong.

    Raises:
        TooThin: for fewer than three years, or a gap between them.
        ImporterUnknown: when it imports nothing in these years.
    """
    figures = [each.figures() for each in years]
    if not any(len(each.products) for each in figures):
        msg = f"{country} imports nothing in {table}: expected a code of BACI"
        raise ImporterUnknown(msg)
    listed = dependence_list(figures, table, GEODEP_INDICATORS)
    starts = range(len(years) - WINDOW_YEARS + 1)
    windows = [years[at : at + WINDOW_YEARS] for at in starts]
    points = _points(windows[-1], listed)
    duals = [_dual(window) for window in windows[:-1]]
    duals.append({each.product for each in points if each.quadrant == DUAL_PARADOX})
    order = sorted(points, key=lambda each: (each.quadrant != DUAL_PARADOX, -each.imports))
    churn = persistence(duals, listed.table, listed.vintage)
    return CountryQuadrant(country, listed, tuple(order), churn)


def _points(window: Sequence[CountryYear], listed: DependenceList) -> list[ProductPoint]:
    products = np.unique(np.concatenate([each.products for each in window]))
    advantage = _advantage(window, products)
    margins = np.median([_margins(each, products) for each in window], axis=0)
    imports, exports = (
        _summed([_placed(each.products, getattr(each, name), products) for each in window])
        for name in ("imports", "exports")
    )
    years = {each.product: each.years for each in listed.products}
    traded = _summed([np.isin(products, each.products).astype(np.float64) for each in window])
    base = [
        Figure(one, None, listed.table, listed.vintage, Fraction(1)) for one in (ADVANTAGE, MARGIN)
    ]
    found = []
    for at, code in enumerate(products.tolist()):
        name, coverage = f"{code:06}", Fraction(int(traded[at]), WINDOW_YEARS)
        first, second = (
            replace(one, value=float(of[at]), coverage=coverage)
            for one, of in zip(base, (advantage, margins), strict=True)
        )
        held, money = years.get(name, ()), (float(imports[at]), float(exports[at]))
        found.append(ProductPoint(name, held, first, second, *money, is_listed=bool(held)))
    return found


def _dual(window: Sequence[CountryYear]) -> set[str]:
    """Return the products of the dual paradox of a window."""
    products = np.unique(np.concatenate([each.products for each in window]))
    held = _summed([_placed(each.products, each.flags, products) for each in window])
    is_strong = _advantage(window, products) > ADVANTAGE_LIMIT
    is_listed = held > WINDOW_YEARS / 2
    return {f"{code:06}" for code in products[is_strong & is_listed].tolist()}


def _advantage(window: Sequence[CountryYear], products: Codes) -> Floats:
    own = _summed([_placed(each.products, each.exports, products) for each in window])
    worlds = [each.world for each in window]
    of_world = _summed([_placed(each.products, each.exports, products) for each in worlds])
    all_own = sum(float(each.exports.sum()) for each in window)
    world = sum(float(each.exports.sum()) for each in worlds)
    if not all_own:
        return np.zeros(len(products))
    return (own / all_own) / (of_world / world)


def _margins(year: CountryYear, products: Codes) -> Floats:
    figures = year.figures()
    ratios = (
        figures.first / CONCENTRATION_LIMIT,
        figures.second / CONCENTRATION_LIMIT,
        figures.ratio / RATIO_LIMIT,
    )
    return _placed(figures.products, np.min(ratios, axis=0), products)


def _summed(years: Sequence[Floats]) -> Floats:
    total: Floats = np.sum(years, axis=0)
    return total


def _placed(codes: Codes, values: Floats | Flags, products: Codes) -> Floats:
    """Return values along other products; 0 where there is none."""
    found = np.zeros(len(products))
    kept = np.isin(codes, products)
    found[np.searchsorted(products, codes[kept])] = values[kept]
    return found


def quadrant_content(found: CountryQuadrant) -> dict[str, Any]:
    """Return what is said of all products together, as JSON content."""
    counts = Counter(each.quadrant for each in found.points)
    return {
        "country": found.country,
        "table": found.listed.table,
        "vintage": found.listed.vintage,
        "imported_products": found.listed.traded,
        "listed_products": len(found.listed.products),
        "fields": dict(sorted(counts.items())),
        "persistence": [_said(each) for each in found.listed.persistence],
        "dual_persistence": [_said(each) for each in found.dual_persistence],
        "definitions": [_defined(each) for each in (ADVANTAGE, MARGIN, PERSISTENCE)],
    }


def point_content(each: ProductPoint) -> dict[str, Any]:
    """Return a product as JSON content."""
    return {
        "product": each.product,
        "field": each.quadrant,
        "advantage": each.advantage.value,
        "margin": each.margin.value,
        "years": list(each.years),
        "imports_usd": round(each.imports),
        "exports_usd": round(each.exports),
        "coverage": str(each.advantage.coverage),
        "table": each.advantage.table,
        "vintage": each.advantage.vintage,
    }


def _said(figure: Figure) -> dict[str, Any]:
    value = None if figure.value is None else str(figure.value)
    return {"value": value, "missing": figure.missing, "vintage": figure.vintage}


def _defined(indicator: Indicator) -> dict[str, str]:
    return {
        "indicator": indicator.name,
        "symbol": indicator.symbol,
        "formula": indicator.formula,
        "source": indicator.source,
    }
