"""A matrix in a CSV file whose rows and columns are labelled with country and industry."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from lineshaft.valuechain.inputoutput.errors import UnreadableTable
from lineshaft.valuechain.inputoutput.model import ROWS_MAX, Matrix, Table, TableFile, Tell, Vector

COLUMNS_MAX = 2 * ROWS_MAX
"""Columns of a file: those of industries and those of final demand."""
EXTRA_ROWS_MAX = 1_000
"""Rows of a file beside those of industries."""
TELL_ROWS = 50
"""Progress is told after each so many rows."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a publisher labels a matrix.

    Attributes:
        publisher: for messages and as the table's name.
        primary: rows of primary inputs; they count as value added.
        output: labels of the row and the column of gross output, which need not be there.
        inventories: code of the final demand that is change of inventories.
        merged: regions that are a part of another country.
    """

    publisher: str
    currency: str
    primary: re.Pattern[str]
    inventories: str
    output: frozenset[str] = frozenset()
    merged: Mapping[str, str] = msgspec.field(default_factory=dict)


class _File(msgspec.Struct, frozen=True, eq=False):
    path: Path
    columns: list[str]
    rows: dict[str, Vector]
    lines: dict[str, int]

    def refused(self, label: str, expected: str) -> UnreadableTable:
        """Say which row is not as expected."""
        msg = f"{self.path.name} row {self.lines[label]}: got {label!r}, expected {expected}"
        return UnreadableTable(msg)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[list[str]]]:
    """Open a CSV file for its rows.

    Raises:
        UnreadableTable: when it is not text, or no CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield csv.reader(file)
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path.name} is no CSV file in UTF-8: expected rows of text and numbers"
        raise UnreadableTable(msg) from error


def read_labelled(source: TableFile, layout: Layout, tell: Tell) -> Table:
    """Read a table whose labels are `COUNTRY_INDUSTRY` and `COUNTRY_DEMAND`.

    Raises:
        UnreadableTable: naming file and row.
    """
    file = _read(source.path, tell)
    units = [name for name in file.columns if name in file.rows and name not in layout.output]
    regions, industries = _grid(file, layout, units)
    labels = [f"{region}_{industry}" for region in regions for industry in industries]
    place = {name: number for number, name in enumerate(file.columns)}
    at = [place[label] for label in labels]
    cells = np.stack([file.rows[label] for label in labels])
    economies = tuple(layout.merged.get(region, region) for region in regions)
    demand, columns = _demand(file, layout, units, tuple(dict.fromkeys(economies)))
    used, demanded = cells[:, at], cells[:, columns]
    output = _output(file, layout, cells, at)
    if output is None:
        output = used.sum(axis=1) + demanded.sum(axis=1)
    added = _value_added(file, layout, set(units), at)
    return Table(
        name=source.name or layout.publisher,
        vintage=source.year,
        currency=source.currency or layout.currency,
        regions=regions,
        economies=economies,
        industries=industries,
        demand=demand,
        inventories=frozenset({layout.inventories} & set(demand)),
        intermediate_use=used,
        final_demand=demanded,
        gross_output=output,
        value_added=output - used.sum(axis=0) if added is None else added,
    )


def _read(path: Path, tell: Tell) -> _File:
    with opened(path) as rows:
        header = next(rows, [])
        columns = [cell.strip() for cell in header[1:]]
        if not 1 < len(columns) <= COLUMNS_MAX:
            msg = f"{path.name} row 1: expected 2 to {COLUMNS_MAX} labels of columns, got "
            raise UnreadableTable(msg + str(len(columns)))
        if len(set(columns)) < len(columns):
            twice = next(name for name in columns if columns.count(name) > 1)
            msg = f"{path.name} row 1: expected each label once, got {twice!r} again"
            raise UnreadableTable(msg)
        file = _File(path, columns, {}, {})
        for line, row in enumerate(rows, 2):
            if row:
                _take(file, line, row)
            if line % TELL_ROWS == 0:
                tell("reading", min(line, len(columns)), len(columns))
    tell("reading", len(columns), len(columns))
    return file


def _take(file: _File, line: int, row: Sequence[str]) -> None:
    where = f"{file.path.name} row {line}"
    if len(row) != len(file.columns) + 1:
        msg = f"{where}: expected {len(file.columns) + 1} cells as in row 1, got {len(row)}"
        raise UnreadableTable(msg)
    label = row[0].strip()
    if label in file.rows:
        msg = f"{where}: expected each label once, {label!r} is in row {file.lines[label]}, too"
        raise UnreadableTable(msg)
    if len(file.rows) >= ROWS_MAX + EXTRA_ROWS_MAX:
        msg = f"{where}: expected at most {ROWS_MAX + EXTRA_ROWS_MAX} rows"
        raise UnreadableTable(msg)
    file.rows[label], file.lines[label] = _numbers(where, row[1:], file.columns), line


def _numbers(where: str, cells: Sequence[str], columns: Sequence[str]) -> Vector:
    try:
        found = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        found = np.array([number(where, *pair) for pair in zip(cells, columns, strict=True)])
    if not np.isfinite(found).all():
        column = columns[int(np.flatnonzero(~np.isfinite(found))[0])]
        msg = f"{where} column {column}: expected a finite number"
        raise UnreadableTable(msg)
    return found


def number(where: str, cell: str, column: str) -> float:
    """Read a cell; an empty one is 0.

    Raises:
        UnreadableTable: when it is no number.
    """
    try:
        return float(cell) if cell.strip() else 0.0
    except ValueError:
        msg = f"{where} column {column}: expected a number, got {cell[:40]!r}"
        raise UnreadableTable(msg) from None


def _grid(
    file: _File, layout: Layout, units: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return regions and industries, of which each pair must be there."""
    for label in units:
        if "_" not in label:
            raise file.refused(label, "COUNTRY_INDUSTRY")
    pairs = [label.split("_", 1) for label in units]
    regions = tuple(dict.fromkeys(region for region, _ in pairs))
    industries = tuple(dict.fromkeys(industry for _, industry in pairs))
    missing = {f"{r}_{i}" for r in regions for i in industries} - set(units)
    if missing or not units:
        what = min(missing) if missing else "COUNTRY_INDUSTRY"
        msg = f"{file.path.name} is no table of {layout.publisher}: expected {what} in row 1 and "
        raise UnreadableTable(msg + "as the label of a row")
    return regions, industries


def _demand(
    file: _File, layout: Layout, units: Sequence[str], economies: tuple[str, ...]
) -> tuple[tuple[str, ...], list[int]]:
    """Return the kinds of final demand, and their columns by economy."""
    known = {*units, *layout.output}
    found: dict[tuple[str, str], int] = {}
    for at, label in enumerate(file.columns):
        if label in known:
            continue
        economy, _, kind = label.partition("_")
        if economy not in economies or not kind:
            msg = f"{file.path.name} row 1: got {label!r}, expected the label of an industry that "
            msg += "has a row, too, or COUNTRY_DEMAND of a country that has rows"
            raise UnreadableTable(msg)
        found[economy, kind] = at
    kinds = tuple(dict.fromkeys(kind for _, kind in found))
    wanted = [(economy, kind) for economy in economies for kind in kinds]
    missing = [f"{economy}_{kind}" for economy, kind in wanted if (economy, kind) not in found]
    if missing or not kinds:
        what = missing[0] if missing else "columns of final demand"
        msg = f"{file.path.name} row 1: expected {what}"
        raise UnreadableTable(msg)
    return kinds, [found[pair] for pair in wanted]


def _output(file: _File, layout: Layout, cells: Matrix, at: Sequence[int]) -> Vector | None:
    for label in sorted(layout.output):
        if label in file.columns:
            return cells[:, file.columns.index(label)].copy()
        if label in file.rows:
            return file.rows[label][at]
    return None


def _value_added(file: _File, layout: Layout, units: set[str], at: Sequence[int]) -> Vector | None:
    """Sum the rows of primary inputs; every other row must be known."""
    rest = [label for label in file.rows if label not in units and label not in layout.output]
    for label in rest:
        if not layout.primary.fullmatch(label):
            expected = "an industry that has a column, too, or a row of primary inputs of "
            raise file.refused(label, expected + layout.publisher)
    if not rest:
        return None
    return np.asarray(np.sum([file.rows[label][at] for label in rest], axis=0))
