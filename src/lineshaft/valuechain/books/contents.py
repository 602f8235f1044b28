"""Which tables books may have, and how they are checked as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lineshaft.valuechain.channels import service as channels
from lineshaft.valuechain.paradox.service import FIRM_TABLES
from lineshaft.valuechain.servitization import service as servitization
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid, TooManyProblems
from lineshaft.valuechain.tables.service import Shown, no_progress, read_tables
from lineshaft.valuechain.versions.model import Packed
from lineshaft.valuechain.versions.service import Packing

TABLES = (
    *servitization.TABLES,
    *channels.TABLES,
    *(replace(table, is_required=False) for table in FIRM_TABLES),
)
"""Every one of them may be absent, but not all of them."""
PACKING = Packing("set of books", "lineshaft-firm-books/1", TABLES)
NAMES = tuple(table.name for table in TABLES)
_BESIDE = TABLES[-len(FIRM_TABLES) :]
_MONTHS_PER_QUARTER = 3


def packed(source: Path, show: Shown = no_progress) -> Packed:
    """Check a folder or a workbook as a whole, and return it as it is kept.

    Raises:
        TablesInvalid: with all that is wrong, in one go.
        VersionTooLarge: for more than a version may have.
    """
    found: dict[Problem, None] = {}
    read: list[Any] = []
    is_cut = False
    for reader in (servitization.read_books, channels.read_books, _read_beside):
        try:
            read.append(reader(source, show))
        except TablesInvalid as error:
            found |= dict.fromkeys(error.problems)
            is_cut = is_cut or isinstance(error, TooManyProblems)
    if is_cut:
        raise TooManyProblems(list(found), is_cut=True)
    if found:
        raise TablesInvalid(list(found))
    content, rows = PACKING.content_of(source)
    if not rows:
        expected = f"expected at least one table with rows of {', '.join(NAMES)}"
        raise TablesInvalid([Problem(source.name, 1, "", "", expected)])
    return Packed(content, rows, max(_months(read), default=""))


def _read_beside(source: Path, show: Shown) -> tuple[tuple[Any, ...], ...]:
    return tuple(read_tables(source, _BESIDE, show).rows().values())


def _months(read: list[Any]) -> Iterator[str]:
    """Return the months that something is said of; of a quarter its last one."""
    books, lines, _ = read
    yield from (each.month for each in (*books.revenue, *books.service_inputs, *books.activities))
    yield from (f"{each.date:%Y-%m}" for each in lines.purchases)
    for each in (*lines.hours, *lines.payroll, *lines.output):
        yield f"{each.quarter[:4]}-{_MONTHS_PER_QUARTER * int(each.quarter[-1]):02}"
