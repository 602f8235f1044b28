"""What is wrong with files of tables."""

from collections.abc import Sequence

import msgspec

from lineshaft.core.errors import Invalid


class Problem(msgspec.Struct, frozen=True):
    """A cell that cannot be read; `row` counts from 1 with the header, as a spreadsheet does."""

    file: str
    row: int
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        """Write where, what and what was expected."""
        return f"{self.file}, row {self.row}, {self.column}: {self.value!r}, {self.expected}"


class TablesInvalid(Invalid):
    """Files that are not the tables they should be.

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


class TooManyProblems(TablesInvalid):
    """More is wrong than one answer says."""
