"""What-ifs on the cached inverse: sliders answer by updates of low rank, not by a new inverse."""

import msgspec
import numpy as np

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.inputoutput.errors import NotProductive
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Matrix, Vector

CHANGES_MAX = 128
"""Rows and columns that a session changes; above it a new inverse is the better way."""
NEGATIVE_TOLERANCE = 1e-9
"""Of the largest output: an output below minus this says that the changes are not productive."""


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """What a what-if makes of a table.

    Attributes:
        output: gross output by row.
        value_added: by row; coefficients of value added stay as they are, unless they were changed.
        lost_output, lost_value_added: by row, less than in the table; negative where more.
    """

    output: Vector
    value_added: Vector
    lost_output: Vector
    lost_value_added: Vector


class WhatIf:
    """A session of changes to coefficients and demand; each answer holds all of them.

    A changed row is U = e_i, V' = its change; a changed column is U = its change, V' = e_j'. With
    all of them in U and V, x = x0 + B U (I - V' B U)^-1 V' x0 and x0 = B f (Woodbury; Miller &
    Blair 2009, section 12.3). A second change of the same row or column replaces the first.
    """

    def __init__(self, kernel: Kernel) -> None:
        """Begin without a change."""
        self._kernel = kernel
        self._rows: dict[int, Vector] = {}
        self._columns: dict[int, tuple[Vector, Vector]] = {}
        self._base = kernel.output_for_demand
        self._demand_effect = np.zeros_like(self._base)
        self._value_added_change = np.zeros_like(self._base)

    def change_row(self, row: int, change: Vector) -> None:
        """Add to the coefficients of a row: what each industry buys of it for a unit of output.

        Raises:
            Invalid: when more than `CHANGES_MAX` rows and columns are changed.
        """
        self._check(is_new=row not in self._rows)
        self._rows[row] = change

    def change_column(self, column: int, change: Vector) -> None:
        """Add to the coefficients of a column: what the industry buys for a unit of its output.

        Raises:
            Invalid: when more than `CHANGES_MAX` rows and columns are changed.
        """
        self._check(is_new=column not in self._columns)
        touched = np.flatnonzero(change)
        effect = self._kernel.leontief_inverse[:, touched] @ change[touched]
        self._columns[column] = (change, np.asarray(effect))

    def change_demand(self, change: Vector) -> None:
        """Add to final demand by row, in place of an earlier change of it."""
        touched = np.flatnonzero(change)
        effect = self._kernel.leontief_inverse[:, touched] @ change[touched]
        self._demand_effect = np.asarray(effect)

    def change_value_added(self, change: Vector) -> None:
        """Add to the coefficients of value added by row, in place of an earlier change of them.

        What an industry adds for a unit of its output; outputs stay as they are, as in every model
        in quantities.
        """
        self._value_added_change = change

    def reset(self) -> None:
        """Take every change back."""
        self._rows.clear()
        self._columns.clear()
        self._demand_effect = np.zeros_like(self._base)
        self._value_added_change = np.zeros_like(self._base)

    def outcome(self) -> Outcome:
        """Answer with all changes.

        Raises:
            NotProductive: when some industry needs more than itself to make itself.
        """
        before = self._base
        start = before + self._demand_effect
        output = start + self._correction(start) if self._rows or self._columns else start
        if output.min() < -NEGATIVE_TOLERANCE * np.abs(before).max() <= before.min():
            raise _not_productive()
        coefficients, change = self._kernel.value_added_coefficients, self._value_added_change
        lost = before - output
        lost_value_added = coefficients * lost - change * output
        return Outcome(output, (coefficients + change) * output, lost, lost_value_added)

    def _check(self, *, is_new: bool) -> None:
        if is_new and len(self._rows) + len(self._columns) >= CHANGES_MAX:
            msg = f"a what-if changes at most {CHANGES_MAX} rows and columns: reset some, or make "
            msg += "a table of its own for more"
            raise Invalid(msg)

    def _correction(self, start: Vector) -> Vector:
        inverse = self._kernel.leontief_inverse
        rows, columns = list(self._rows), list(self._columns)
        effects = [np.asarray(inverse[:, rows]), *(e[:, None] for _, e in self._columns.values())]
        effect: Matrix = np.hstack(effects)
        changes = np.array(list(self._rows.values())).reshape(len(rows), len(start))
        among = np.vstack([changes @ effect, effect[columns]])
        asked = np.concatenate([changes @ start, start[columns]])
        try:
            found = np.linalg.solve(np.eye(len(among)) - among, asked)
        except np.linalg.LinAlgError as error:
            raise _not_productive() from error
        return np.asarray(effect @ found)


def _not_productive() -> NotProductive:
    msg = "with these changes some industry needs more than itself to make itself: expected "
    msg += "coefficients with which every output is positive"
    return NotProductive(msg)
