"""What all indicators of one table share: its coefficients and the inverse, computed once."""

from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.inputoutput.exports import Exports, exports_of
from lineshaft.valuechain.inputoutput.inverse import (
    cached_inverse,
    leontief_inverse,
    technical_coefficients,
)
from lineshaft.valuechain.inputoutput.model import Matrix, Table, Tell, Vector, aggregated, ratio
from lineshaft.valuechain.inputoutput.position import Position, position_of

ALL_INDUSTRIES = "all"


class Kernel(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A table with its inverse.

    Attributes:
        leontief_inverse: B; it may be mapped from a file, and is never written to.
    """

    table: Table
    leontief_inverse: Matrix

    @classmethod
    def of(
        cls,
        table: Table,
        cache: Path | None = None,
        tell: Tell = lambda _what, _done, _total: None,
    ) -> "Kernel":
        """Invert a table, or map its inverse from the directory `cache`."""
        if cache is not None:
            return cls(table, cached_inverse(table, cache, tell))
        tell("inverting", 0, 1)
        kernel = cls(table, leontief_inverse(technical_coefficients(table)))
        tell("inverting", 1, 1)
        return kernel

    @cached_property
    def technical_coefficients(self) -> Matrix:
        """A: what the column buys from the row for one unit of its output."""
        return technical_coefficients(self.table)

    @cached_property
    def value_added_coefficients(self) -> Vector:
        """V = 1' - 1'A, and 0 where nothing is made; taxes less subsidies count as value added."""
        rest = 1 - self.technical_coefficients.sum(axis=0)
        return np.where(self.table.gross_output != 0, rest, 0)

    @cached_property
    def demand(self) -> Vector:
        """Final demand of each row, of all countries and kinds."""
        return np.asarray(self.table.final_demand.sum(axis=1))

    @cached_property
    def output_for_demand(self) -> Vector:
        """B f: the output that the demand of the table takes; gross output where it balances."""
        return np.asarray(self.leontief_inverse @ self.demand)

    @cached_property
    def ghosh_row_sums(self) -> Vector:
        """G 1 with the Ghosh inverse G = diag(x)^-1 B diag(x), which is never built."""
        output = self.table.gross_output
        return np.where(output != 0, ratio(self.leontief_inverse @ output, output), 1)

    @cached_property
    def column_sums(self) -> Vector:
        """1'B: the output multipliers."""
        return np.asarray(self.leontief_inverse.sum(axis=0))

    @cached_property
    def exports(self) -> Exports:
        """The decomposition of the exports of every country."""
        parts = self.technical_coefficients, self.leontief_inverse, self.value_added_coefficients
        return exports_of(self.table, *parts)

    @cached_property
    def position(self) -> Position:
        """Upstreamness and downstreamness of each row."""
        return position_of(self.table)

    @cached_property
    def of_countries(self) -> "Kernel":
        """The kernel of the table in which each country is one industry."""
        industries = dict.fromkeys(self.table.industries, ALL_INDUSTRIES)
        return Kernel.of(aggregated(self.table, {}, industries))

    @cached_property
    def is_service(self) -> Vector:
        """1 for each row of a service.

        Raises:
            TooThin: when the table does not say which industries are services.
        """
        return self._is_of("services")

    @cached_property
    def is_manufacturing(self) -> Vector:
        """1 for each row of manufacturing.

        Raises:
            TooThin: when the table does not say which industries are manufacturing.
        """
        return self._is_of("manufacturing")

    def with_services(self) -> Exports:
        """Return the exports, where their content of services means something.

        Raises:
            TooThin: when the table does not say which industries are services.
        """
        self._is_of("services")
        return self.exports

    def _is_of(self, what: str) -> Vector:
        names: frozenset[str] = getattr(self.table, what)
        if not names:
            msg = f"{self.table.name} does not say which of its industries are {what}: name them "
            msg += f"with --{what}, one or more codes such as {self.table.industries[0]}"
            raise TooThin(msg)
        return self.table.is_of(names).astype(np.float64)


class Values(msgspec.Struct, frozen=True, eq=False):
    """What an indicator says of a table.

    Attributes:
        countries: by country; None where a country has no such value.
        rows: by row, that is region and industry; None where an industry has none.
    """

    countries: Vector | None = None
    rows: Vector | None = None
