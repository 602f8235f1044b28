"""An input-output table between countries and industries, its balance and its aggregation."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Places = NDArray[np.int64]
Tell = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and of how much."""

ROWS_MAX = 12_000
"""Countries times industries: EXIOBASE has 9,800, and a matrix of 12,000 rows takes 1.2 GB."""
BALANCE_TOLERANCE = 1e-3
"""Of the output of a row: what a balanced table may be off by rounding."""
IMBALANCES_MAX = 100
"""Rows that a balance names, the largest first; it counts all."""
COVERAGE_DIGITS = 10_000
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
UNKNOWN = "unknown"


class TableFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file; what is empty is taken from the file, or from what its publisher says of all.

    Attributes:
        name, vintage, currency: of the table, as in `Table`.
        services, manufacturing: codes of the industries that are.
    """

    path: Path
    name: str = ""
    vintage: str = ""
    currency: str = ""
    services: frozenset[str] = frozenset()
    manufacturing: frozenset[str] = frozenset()

    @property
    def year(self) -> str:
        """The vintage, or else the last year in the file's name."""
        years = _YEAR.findall(self.path.stem)
        return self.vintage or (years[-1] if years else UNKNOWN)


class Table(msgspec.Struct, frozen=True, eq=False, kw_only=True, dict=True):
    """A table of one year; values are floats in millions of `currency`, as published.

    Rows and columns are in the order of regions, and of industries within a region. The columns of
    final demand are in the order of economies, and of kinds of demand within an economy.

    Attributes:
        name: the publisher's table and edition, shown beside each figure.
        vintage: the year that it describes.
        currency: ISO 4217.
        regions: what the rows are of: countries, and parts of a country that are told apart.
        economies: of each region the country that it belongs to; most are their own.
        industries: codes of the industries.
        demand: kinds of final demand of each country.
        inventories: those of `demand` that are changes of inventories.
        services, manufacturing: those of `industries` that are; empty where that is not known.
        intermediate_use: Z, n times n: what the column's industry buys from the row's.
        final_demand: F, n times (economies times kinds of demand).
        gross_output: x, n.
        value_added: n; all primary inputs, taxes less subsidies on products among them.
    """

    name: str
    vintage: str
    currency: str
    regions: tuple[str, ...]
    economies: tuple[str, ...]
    industries: tuple[str, ...]
    demand: tuple[str, ...]
    inventories: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    manufacturing: frozenset[str] = frozenset()
    intermediate_use: Matrix
    final_demand: Matrix
    gross_output: Vector
    value_added: Vector

    def __post_init__(self) -> None:
        """Check names and shapes.

        Raises:
            Invalid: when they contradict each other, or a value is no finite number.
        """
        rows = len(self.regions) * len(self.industries)
        if not 0 < rows <= ROWS_MAX:
            msg = f"{self.name} has {rows} rows: expected 1 to {ROWS_MAX}"
            raise Invalid(msg)
        for what in ("regions", "industries", "demand"):
            names: tuple[str, ...] = getattr(self, what)
            if len(set(names)) != len(names):
                msg = f"{self.name}: expected each of its {what} once, got {', '.join(names)}"
                raise Invalid(msg)
        if len(self.economies) != len(self.regions):
            msg = f"{self.name}: expected an economy for each of {len(self.regions)} regions"
            raise Invalid(msg)
        self._check_values(rows)

    def _check_values(self, rows: int) -> None:
        shapes = {
            "intermediate_use": (rows, rows),
            "final_demand": (rows, len(self.countries) * len(self.demand)),
            "gross_output": (rows,),
            "value_added": (rows,),
        }
        for what, shape in shapes.items():
            values: Matrix = getattr(self, what)
            if values.shape != shape:
                msg = f"{self.name}: expected {what} of shape {shape}, got {values.shape}"
                raise Invalid(msg)
            if not np.isfinite(values).all():
                msg = f"{self.name}: expected finite numbers, {what} holds others"
                raise Invalid(msg)
        if not self.gross_output.any():
            msg = f"{self.name}: expected an industry that makes something"
            raise Invalid(msg)

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """Each economy once, in the order of the rows."""
        return tuple(dict.fromkeys(self.economies))

    @cached_property
    def country_of_row(self) -> Places:
        """Of each row the place of its economy in `countries`."""
        place = {name: number for number, name in enumerate(self.countries)}
        return np.repeat([place[name] for name in self.economies], len(self.industries))

    @cached_property
    def industry_of_row(self) -> Places:
        """Of each row the place of its industry."""
        return np.tile(np.arange(len(self.industries)), len(self.regions))

    @cached_property
    def rows_of_country(self) -> tuple[Places, ...]:
        """Of each country its rows, those of all its regions."""
        return tuple(np.flatnonzero(self.country_of_row == k) for k in range(len(self.countries)))

    @cached_property
    def demand_by_country(self) -> Matrix:
        """Final demand Y, all kinds together: n times countries."""
        shape = (len(self.gross_output), len(self.countries), len(self.demand))
        return np.asarray(self.final_demand.reshape(shape).sum(axis=2))

    @cached_property
    def inventory_change(self) -> Vector:
        """What of each row went into inventories, in all countries."""
        kinds = np.array([kind in self.inventories for kind in self.demand], dtype=bool)
        return np.asarray(self.final_demand[:, np.tile(kinds, len(self.countries))].sum(axis=1))

    @cached_property
    def exports(self) -> Vector:
        """Gross exports of each row: what other countries use and demand."""
        own = self.demand_by_country[np.arange(len(self.country_of_row)), self.country_of_row]
        found: Vector = self.demand_by_country.sum(axis=1) - own
        for rows in self.rows_of_country:
            used = self.intermediate_use[rows]
            found[rows] += used.sum(axis=1) - used[:, rows].sum(axis=1)
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the coefficients and of what they are of, in hexadecimal."""
        found = hashlib.sha256(repr((self.regions, self.economies, self.industries)).encode())
        for values in (self.intermediate_use, self.gross_output):
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()

    def label(self, row: int) -> str:
        """Name a row: region and industry."""
        region, industry = divmod(row, len(self.industries))
        return f"{self.regions[region]} {self.industries[industry]}"

    def is_of(self, industries: frozenset[str]) -> NDArray[np.bool_]:
        """Tell of each row whether its industry is one of these."""
        return np.tile([name in industries for name in self.industries], len(self.regions))

    def summed(self, values: Vector) -> Vector:
        """Sum values of rows by country."""
        return np.bincount(self.country_of_row, values, len(self.countries)).astype(np.float64)

    def merged(self, values: Vector) -> Matrix:
        """Sum values of rows by country and industry."""
        found = np.zeros((len(self.countries), len(self.industries)))
        np.add.at(found, (self.country_of_row, self.industry_of_row), values)
        return found


def ratio(numerator: Vector, denominator: Vector) -> Vector:
    """Divide, with 0 where the denominator is 0: an industry that makes nothing has no share."""
    found = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.divide(numerator, denominator, out=found, where=denominator != 0)


class Stoppage(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries that stop.

    Attributes:
        supplier: country whose deliveries stop.
        industries: codes of them; empty means all.
        users: countries that get no more of them; empty means all, the supplier among them.
        replaced: part of them that other countries deliver instead, from 0 to 1.
    """

    supplier: str
    industries: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    replaced: float = 0.0


class Imbalance(msgspec.Struct, frozen=True):
    """A row or a column whose parts do not sum to its output.

    Attributes:
        side: `row` (uses and demand) or `column` (inputs and value added).
        size: sum of the parts less the output, in the table's unit.
    """

    side: str
    label: str
    output: float
    size: float


class Balance(msgspec.Struct, frozen=True):
    """How well a table balances.

    Attributes:
        tolerance: of the output of a row; what is off by no more counts as balanced.
        imbalances: the largest, at most `IMBALANCES_MAX`.
        count: of all of them.
        coverage: the part of gross output whose row and column both balance.
    """

    tolerance: float
    imbalances: tuple[Imbalance, ...]
    count: int
    coverage: Fraction


def balance_of(table: Table, tolerance: float = BALANCE_TOLERANCE) -> Balance:
    """Compare each row and column of a table with its output.

    An output of 0 allows what the tolerance makes of the mean output: there a part has no measure.
    """
    output = table.gross_output
    sides = {
        "row": table.intermediate_use.sum(axis=1) + table.final_demand.sum(axis=1),
        "column": table.intermediate_use.sum(axis=0) + table.value_added,
    }
    scale = np.where(output != 0, np.abs(output), np.abs(output).mean())
    is_balanced = np.ones(len(output), dtype=bool)
    found: list[Imbalance] = []
    for side, parts in sides.items():
        off = parts - output
        is_off = np.abs(off) > tolerance * scale
        is_balanced &= ~is_off
        found += [
            Imbalance(side, table.label(row), float(output[row]), float(off[row]))
            for row in np.flatnonzero(is_off).tolist()
        ]
    found.sort(key=lambda one: -abs(one.size))
    total = float(np.abs(output).sum())
    held = float(np.abs(output[is_balanced]).sum())
    coverage = Fraction(round(held / total * COVERAGE_DIGITS), COVERAGE_DIGITS)
    return Balance(tolerance, tuple(found[:IMBALANCES_MAX]), len(found), coverage)


def aggregated(table: Table, countries: Mapping[str, str], industries: Mapping[str, str]) -> Table:
    """Merge countries and industries under the names that they are given; others keep theirs.

    Regions of one country are merged with it, too. An industry under a new name is a service, or
    manufacturing, when all that it is merged from are.
    """
    of_country = [countries.get(name, name) for name in table.economies]
    of_industry = [industries.get(name, name) for name in table.industries]
    names, kinds = tuple(dict.fromkeys(of_country)), tuple(dict.fromkeys(of_industry))
    groups = [
        names.index(country) * len(kinds) + kinds.index(industry)
        for country in of_country
        for industry in of_industry
    ]
    of_demand = [countries.get(name, name) for name in table.countries]
    demand_groups = [
        names.index(country) * len(table.demand) + kind
        for country in of_demand
        for kind in range(len(table.demand))
    ]
    rows, columns = len(names) * len(kinds), len(names) * len(table.demand)
    used = _merged(_merged(table.intermediate_use, groups, rows).T, groups, rows).T
    demanded = _merged(_merged(table.final_demand, groups, rows).T, demand_groups, columns).T
    return replace(
        table,
        regions=names,
        economies=names,
        industries=kinds,
        services=_still(table.services, table, of_industry),
        manufacturing=_still(table.manufacturing, table, of_industry),
        intermediate_use=np.ascontiguousarray(used),
        final_demand=np.ascontiguousarray(demanded),
        gross_output=_merged(table.gross_output, groups, rows),
        value_added=_merged(table.value_added, groups, rows),
    )


def _merged(values: Matrix, groups: Sequence[int], count: int) -> Matrix:
    found = np.zeros((count, *values.shape[1:]))
    for group, row in zip(groups, values, strict=True):
        found[group] += row
    return found


def _still(kept: frozenset[str], table: Table, merged: Sequence[str]) -> frozenset[str]:
    pairs = list(zip(table.industries, merged, strict=True))
    others = {to for name, to in pairs if name not in kept}
    return frozenset(to for name, to in pairs if to not in others)
