"""Revenue lines as columns, and the two questions that are asked of them: sums and lines.

Amounts are whole millionths of their currency in 64 bits: a cell of the books has at most six
decimals. DuckDB adds them up in 128 bits, so that every sum is exact.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.servitization.errors import ColumnsUnreadable, QuestionInvalid
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LINES_PAGE_MAX = 1_000
"""Lines of one page of a drill-down."""
CELLS_MAX = 200_000
"""Different combinations of what a dashboard divides by."""
BATCH_LINES = 65_536
_MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
_PERIOD = re.compile(
    rf"(?P<first>{_MONTH})(?:\.\.(?P<last>{_MONTH}))?|(?P<year>\d{{4}})(?:-Q(?P<quarter>[1-4]))?",
    re.ASCII,
)
FORMAT = "lineshaft/revenue-lines/1"
THREADS = 2
KEYS = (
    "month",
    "kind",
    "binding",
    "customer_class",
    "service_class",
    "service_line",
    "recurring",
    "currency",
    "site",
)
"""What lines are chosen by."""
_DIVIDED_BY = KEYS[:-1]
"""What sums are divided by: a site is chosen or not."""
_SHOWN = ("document", "line", "date", "customer", "item", "machine", "bundle")
_TEXTS = (*KEYS, *_SHOWN)


@dataclass(slots=True)
class Cell:
    """The sum of all lines that are alike in every key but the site.

    Attributes:
        amount, cost, costed: millionths; `costed` is the amount of the lines whose cost is known.
        count: of lines.
    """

    month: str
    kind: str
    binding: str
    customer_class: str
    service_class: str
    service_line: str
    recurring: str
    currency: str
    amount: int
    cost: int
    costed: int
    count: int


@dataclass(frozen=True, slots=True)
class LinePage:
    """Lines behind a figure.

    Attributes:
        lines: by date, document and line, with exact amounts as text.
        after: where the next page begins; None at the end.
    """

    lines: tuple[Mapping[str, str], ...]
    after: str | None


def micros(amount: Decimal) -> int:
    """Return an amount as whole millionths.

    Raises:
        Invalid: when it has more than six decimals.
    """
    scaled = amount.scaleb(6)
    if scaled != int(scaled):
        msg = f"an amount of {amount}: expected at most six decimals"
        raise Invalid(msg)
    return int(scaled)


def _row(line: RevenueLine) -> dict[str, Any]:
    return {
        "month": line.month,
        "kind": line.kind.value,
        "binding": line.binding.value if line.binding else "",
        "customer_class": line.customer_class.value if line.customer_class else "",
        "service_class": line.service_class.value if line.service_class else "",
        "service_line": (line.service_line or line.item) if line.kind is SoldKind.SERVICE else "",
        "recurring": "yes" if line.is_recurring else "no",
        "currency": line.currency,
        "site": line.site,
        "document": line.document,
        "line": line.line,
        "date": line.date.isoformat(),
        "customer": line.customer,
        "item": line.item,
        "machine": line.machine,
        "bundle": line.bundle,
        "amount": micros(line.amount),
        "cost": None if line.cost is None else micros(line.cost),
    }


def revenue_schema() -> "pa.Schema":
    """Return the columns of a column file."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and needed only here

    coded = pa.dictionary(pa.int32(), pa.string())
    fields = [(name, coded if name in KEYS else pa.string()) for name in _TEXTS]
    fields += [("amount", pa.int64()), ("cost", pa.int64())]
    return pa.schema(fields, metadata={"format": FORMAT})


class RevenueColumns:
    """Revenue lines that can be asked for sums and lines; closed by `close`."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", name: str) -> None:
        """Take a connection that has the view `lines`."""
        self._connection = connection
        self.name = name

    @classmethod
    def of(cls, lines: Iterable[RevenueLine], name: str) -> "RevenueColumns":
        """Hold lines in memory."""
        import pyarrow as pa  # noqa: PLC0415

        schema = revenue_schema()
        batches = [
            pa.RecordBatch.from_pylist([_row(line) for line in some], schema=schema)
            for some in _batches(lines)
        ]
        connection = _connect()
        connection.register("lines", pa.Table.from_batches(batches, schema=schema))
        return cls(connection, name)

    @classmethod
    def open(cls, path: Path) -> "RevenueColumns":
        """Open a column file; it is read when something is asked.

        Raises:
            ColumnsUnreadable: when it is none.
        """
        import duckdb  # noqa: PLC0415

        connection = _connect()
        quoted = str(path).replace("'", "''")
        try:
            found = connection.execute(
                f"SELECT decode(value) FROM parquet_kv_metadata('{quoted}') "
                "WHERE decode(key) = 'format'"
            ).fetchone()
            if found is None or found[0] != FORMAT:
                msg = f"{path} is no column file of revenue lines: expected format {FORMAT}"
                raise ColumnsUnreadable(msg)
            connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{quoted}')")
        except duckdb.Error as error:
            msg = f"cannot read {path} as a column file of revenue lines"
            raise ColumnsUnreadable(msg) from error
        return cls(connection, path.name)

    def close(self) -> None:
        """Let go of the lines."""
        self._connection.close()

    def cells(self, where: Mapping[str, str] | None = None) -> list[Cell]:
        """Return the sums of all lines, or of those with some keys.

        Raises:
            QuestionInvalid: for another key, or beyond `CELLS_MAX` combinations.
        """
        names = ", ".join(_DIVIDED_BY)
        condition, values = _condition(where or {})
        found = self._connection.execute(
            f"SELECT {names}, sum(amount), coalesce(sum(cost), 0), "
            "coalesce(sum(amount) FILTER (WHERE cost IS NOT NULL), 0), count(*) "
            f"FROM lines {condition} GROUP BY ALL ORDER BY ALL LIMIT {CELLS_MAX + 1}",
            values,
        ).fetchall()
        if len(found) > CELLS_MAX:
            msg = f"more than {CELLS_MAX} combinations of months, service lines and sites: "
            raise QuestionInvalid(msg + "expected fewer; ask for a part")
        return [Cell(*row) for row in found]

    def page(
        self, where: Mapping[str, str], after: str = "", limit: int = LINES_PAGE_MAX
    ) -> LinePage:
        """Return a page of the lines with some keys.

        Args:
            where: keys and what they are; a `month` may be a quarter or a year too.
            after: where the page before ended.
            limit: at most `LINES_PAGE_MAX` lines.

        Raises:
            QuestionInvalid: for another key, place or limit.
        """
        if not 0 < limit <= LINES_PAGE_MAX or not (after.isdecimal() or not after):
            msg = f"a page of {limit} lines after {after!r}: expected 1 to {LINES_PAGE_MAX} lines"
            raise QuestionInvalid(msg)
        condition, values = _condition(where)
        names = (*_TEXTS, "amount", "cost")
        found = self._connection.execute(
            f"SELECT {', '.join(names)} FROM lines {condition} "
            f"ORDER BY date, document, line, machine, item, amount "
            f"LIMIT {limit + 1} OFFSET {int(after or 0)}",
            values,
        ).fetchall()
        listed = [_shown(dict(zip(names, row, strict=True))) for row in found[:limit]]
        more = str(int(after or 0) + limit) if len(found) > limit else None
        return LinePage(tuple(listed), more)


def write_columns(lines: Iterable[RevenueLine], path: Path) -> int:
    """Write lines as a column file, so that a dashboard of a million of them takes no time.

    Returns:
        How many.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema, count = revenue_schema(), 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for some in _batches(lines):
            writer.write_batch(pa.RecordBatch.from_pylist([_row(line) for line in some], schema))
            count += len(some)
    return count


def _batches(lines: Iterable[RevenueLine]) -> Iterator[list[RevenueLine]]:
    left = iter(lines)
    while some := list(islice(left, BATCH_LINES)):
        yield some


def _connect() -> "duckdb.DuckDBPyConnection":
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config={"threads": THREADS})
    # Its own bar would stand in the middle of what a command writes.
    connection.execute("SET enable_progress_bar = false")
    return connection


def _condition(where: Mapping[str, str]) -> tuple[str, list[str]]:
    unknown = sorted(set(where) - set(KEYS))
    if unknown:
        msg = f"lines cannot be chosen by {', '.join(unknown)}: expected some of {', '.join(KEYS)}"
        raise QuestionInvalid(msg)
    parts: list[str] = []
    values: list[str] = []
    for name, value in where.items():
        if name == "month":
            parts.append("month BETWEEN ? AND ?")
            values += months_of(value)
        else:
            parts.append(f"{name} = ?")
            values.append(value)
    return ("WHERE " + " AND ".join(parts) if parts else ""), values


def months_of(period: str) -> tuple[str, str]:
    """Return the first and the last month of a year, a quarter, a month, or from one to another.

    Raises:
        QuestionInvalid: for another text.
    """
    found = _PERIOD.fullmatch(period)
    if found is None:
        msg = f"a period of {period!r}: expected such as 2026, 2026-Q1, 2026-03 or 2026-01..2026-03"
        raise QuestionInvalid(msg)
    year, quarter, first, last = found["year"], found["quarter"], found["first"], found["last"]
    if first:
        return first, last or first
    if quarter:
        return f"{year}-{3 * int(quarter) - 2:02}", f"{year}-{3 * int(quarter):02}"
    return f"{year}-01", f"{year}-12"


def _shown(row: dict[str, Any]) -> dict[str, str]:
    amount, cost = row.pop("amount"), row.pop("cost")
    said = {name: str(value) for name, value in row.items()}
    return said | {"amount": _text(amount), "cost": "" if cost is None else _text(cost)}


def _text(value: int) -> str:
    shown = f"{Decimal(value).scaleb(-6):f}"
    whole, _, part = shown.partition(".")
    part = part.rstrip("0").ljust(2, "0")
    return f"{whole}.{part}"
