"""What the supply network refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

from lineshaft.core.errors import Invalid, NotFound, PreconditionFailed, Unavailable


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that cannot be read; `row` counts from 1 with the header, as a spreadsheet does."""

    file: str
    row: int
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        """Write where, what and what was expected."""
        return f"{self.file}, row {self.row}, {self.column}: {self.value!r}, {self.expected}"


class NetworkInvalid(Invalid):
    """Files that do not make a supply network.

    Attributes:
        problems: all that were found, up to a named maximum.
    """

    def __init__(self, problems: Sequence[Problem], *, is_cut: bool = False) -> None:
        """Take what is wrong, in the order of files and rows."""
        self.problems = tuple(problems)
        more = ", and more behind them" if is_cut else ""
        head = f"{len(problems)} problems{more}:" if len(problems) > 1 or is_cut else ""
        lines = [head, *map(str, problems)] if head else [str(each) for each in problems]
        super().__init__("\n".join(lines))


class TargetUnknown(NotFound):
    """A supplier, part, country or port that the network does not have."""


class TooThin(PreconditionFailed):
    """Too little is known for a number that could be trusted."""


class InputsChanged(PreconditionFailed):
    """A scenario was computed from other files than those that are here now."""


class CureNotFound(PreconditionFailed):
    """All cures together do not reach what was asked for."""


class CureSearchTooLong(Unavailable):
    """The cheapest set of cures was not proven within the rounds of one search."""
