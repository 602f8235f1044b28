"""Who depends on whom for a product: concentrations and flags of all importers at once. Pure.

Shares are squared as whole multiples of 2**-50, so that a sum does not depend on the order of the
rows, to the bit; the error is below 1e-12, and what lies that near a limit counts as at it.
"""

from collections.abc import Collection
from typing import cast

import msgspec
import numpy as np

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.paradox.model import (
    COUNTRIES_MAX,
    NO_EXPORTS,
    PRODUCTS_MAX,
    Codes,
    Flags,
    Floats,
    ProductFigures,
    TradeFlows,
)

CONCENTRATION_LIMIT = 0.4
RATIO_LIMIT = 1.0
PART_LIMIT = 0.5
_GRAIN = 2.0**50
_NEAR = 1e-12

GEODEP = "CEPII GeoDep (bdd_modele id 41); Vicard & Wibaux 2023, CEPII Policy Brief 2023-41"
COMMISSION = "European Commission SWD(2021)352; thresholds not checked against its text"
IMPORT_CONCENTRATION = Indicator(
    name="import_concentration",
    symbol="HHI_import",
    unit="C62",
    formula="sum over exporters i of (v_ijk / sum over i of v_ijk)^2",
    source=GEODEP,
    range="[1/n, 1]",
)
WORLD_EXPORT_CONCENTRATION = Indicator(
    name="world_export_concentration",
    symbol="HHI_worldexport",
    unit="C62",
    formula="sum over exporters i of (X_ik / X_k)^2",
    source=GEODEP,
    range="[1/n, 1]",
)
IMPORTS_OVER_EXPORTS = Indicator(
    name="imports_over_exports",
    symbol="M/X",
    unit="C62",
    formula="imports_jk / exports_jk; 9999 where exports are 0",
    source=GEODEP,
    range="[0, inf)",
)
OUTSIDE_CONCENTRATION = Indicator(
    name="bloc_import_concentration",
    symbol="CDI1",
    unit="C62",
    formula="HHI of the sources outside the bloc",
    source=COMMISSION,
    range="[1/n, 1]",
    is_verified=False,
)
OUTSIDE_PART = Indicator(
    name="bloc_outside_imports",
    symbol="CDI2",
    unit="C62",
    formula="imports from outside / all imports of the members",
    source=COMMISSION,
    range="[0, 1]",
    is_verified=False,
)
OUTSIDE_RATIO = Indicator(
    name="bloc_imports_over_exports",
    symbol="CDI3",
    unit="C62",
    formula="imports from outside / exports to outside; 9999 where exports are 0",
    source=COMMISSION,
    range="[0, inf)",
    is_verified=False,
)


class Concentrations(msgspec.Struct, frozen=True, eq=False):
    """Of all countries and products of a year.

    Attributes:
        countries, products: codes, rising.
        imports, exports: dollars, countries x products.
        import_hhi: countries x products; 0 without imports.
        world_export_hhi: of each product.
    """

    countries: Codes
    products: Codes
    imports: Floats
    exports: Floats
    import_hhi: Floats
    world_export_hhi: Floats

    @property
    def flags(self) -> Flags:
        """Whether CEPII's three conditions hold in this year, countries x products."""
        concentrated = self.world_export_hhi > CONCENTRATION_LIMIT + _NEAR
        found = self.import_hhi > CONCENTRATION_LIMIT + _NEAR
        return found & concentrated & (self.imports > self.exports)


def concentrations(flows: TradeFlows) -> Concentrations:
    """Return who imports and exports what, and how concentrated it is.

    Example: of 4 million dollars, 3 from one country and 1 from another, the concentration of the
    imports is 9/16 + 1/16 = 0.625.
    """
    countries, of_country = _dense(COUNTRIES_MAX, flows.exporters, flows.importers)
    products, of_product = _dense(PRODUCTS_MAX, flows.products)
    size, shape = len(countries) * len(products), (len(countries), len(products))
    product = of_product[flows.products]
    cells = of_country[flows.importers] * len(products) + product
    imports = _summed(flows.dollars, cells, size)
    import_hhi = _summed_squares(flows.dollars / imports[cells], cells, size)
    cells = of_country[flows.exporters] * len(products) + product
    exports = _summed(flows.dollars, cells, size).reshape(shape)
    shares = exports / exports.sum(axis=0)
    return Concentrations(
        countries=countries,
        products=products,
        imports=imports.reshape(shape),
        exports=exports,
        import_hhi=import_hhi.reshape(shape),
        world_export_hhi=np.rint(shares * shares * _GRAIN).sum(axis=0) / _GRAIN,
    )


def importer_figures(flows: TradeFlows, importer: int) -> ProductFigures:
    """Return CEPII's figures of one importer for each product that it imports."""
    found = concentrations(flows)
    places = np.flatnonzero(found.countries == importer)
    if not len(places):
        return _none(flows.year)
    row = places[0]
    kept = np.flatnonzero(found.imports[row])
    imports, exports = found.imports[row, kept], found.exports[row, kept]
    return ProductFigures(
        year=flows.year,
        products=found.products[kept],
        imports=imports,
        first=found.import_hhi[row, kept],
        second=found.world_export_hhi[kept],
        ratio=ratio_of(imports, exports),
        flags=found.flags[row, kept],
    )


def bloc_figures(flows: TradeFlows, members: Collection[int]) -> ProductFigures:
    """Return the Commission's three indicators of a bloc; trade inside it is no import of it."""
    inside = np.zeros(COUNTRIES_MAX, bool)
    inside[list(members)] = True
    products, place = _dense(PRODUCTS_MAX, flows.products)
    size = len(products)
    product = place[flows.products]
    buys, sells = inside[flows.importers], inside[flows.exporters]
    comes, goes = buys & ~sells, sells & ~buys
    of_all = _summed(flows.dollars[buys], product[buys], size)
    imports = _summed(flows.dollars[comes], product[comes], size)
    exports = _summed(flows.dollars[goes], product[goes], size)
    # What a source sells to any member is one source of the bloc.
    cells = flows.exporters[comes] * size + product[comes]
    by_source = _summed(flows.dollars[comes], cells, COUNTRIES_MAX * size)
    sources = by_source.reshape(COUNTRIES_MAX, size)
    kept = np.flatnonzero(imports)
    shares = sources[:, kept] / imports[kept]
    first = np.rint(shares * shares * _GRAIN).sum(axis=0) / _GRAIN
    second = imports[kept] / of_all[kept]
    more = imports[kept] > exports[kept]
    flags = (first > CONCENTRATION_LIMIT + _NEAR) & (second > PART_LIMIT + _NEAR) & more
    return ProductFigures(
        year=flows.year,
        products=products[kept],
        imports=imports[kept],
        first=first,
        second=second,
        ratio=ratio_of(imports[kept], exports[kept]),
        flags=flags,
    )


def _none(year: int) -> ProductFigures:
    empty = np.zeros(0)
    return ProductFigures(
        year, empty.astype(np.int64), empty, empty, empty, empty, empty.astype(bool)
    )


def ratio_of(imports: Floats, exports: Floats) -> Floats:
    """Return imports over exports; `NO_EXPORTS` where nothing is exported."""
    given = np.where(exports > 0, exports, 1.0)
    return np.where(exports > 0, imports / given, NO_EXPORTS)


def _dense(limit: int, *codes: Codes) -> tuple[Codes, Codes]:
    """Return the codes that occur, rising, and the place of each code among them."""
    seen = np.zeros(limit, bool)
    for each in codes:
        seen[each] = True
    return np.flatnonzero(seen), np.cumsum(seen) - 1


def _summed(values: Floats, cells: Codes, size: int) -> Floats:
    # With weights NumPy counts in 64-bit floats; its annotations do not say so.
    return cast("Floats", np.bincount(cells, values, size))


def _summed_squares(shares: Floats, cells: Codes, size: int) -> Floats:
    shares *= shares
    shares *= _GRAIN
    return _summed(np.rint(shares, out=shares), cells, size) / _GRAIN
