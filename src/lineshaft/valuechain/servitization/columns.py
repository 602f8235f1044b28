"""Revenue lines as columns, and the two questions that are asked of them: sums and lines.

Amounts are whole millionths of their currency in 64 bits: a cell of the books has at most six
decimals. DuckDB adds them up in 128 bits, so that every sum is exact. What lines are chosen and
divided by is one number of each line: it stands for a combination of these keys, and the
combinations stand in the footer of a column file. So a sum over a million lines reads three columns
of numbers and no text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from operator import add, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

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
COMBINATIONS_MAX = 1_000_000
"""Different combinations of the keys of all lines."""
BATCH_LINES = 65_536
SITES_MAX = 500
"""Sites that can be chosen from; lines of any other are found by its name."""
_MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
_PERIOD = re.compile(
    rf"(?P<first>{_MONTH})(?:\.\.(?P<last>{_MONTH}))?|(?P<year>\d{{4}})(?:-Q(?P<quarter>[1-4]))?",
    re.ASCII,
)
FORMAT = "lineshaft/revenue-lines/2"
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
_keys = itemgetter(*KEYS)
_Keys = tuple[str, ...]
"""The values of `KEYS`."""
_Sums = Sequence[int]
"""Amount, cost, costed amount and count."""
_NOTHING: _Sums = (0, 0, 0, 0)


class Cell(msgspec.Struct):
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


class LinePage(msgspec.Struct, frozen=True):
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

    fields = [("combination", pa.int32()), *((name, pa.string()) for name in _SHOWN)]
    fields += [("amount", pa.int64()), ("cost", pa.int64())]
    return pa.schema(fields, metadata={"format": FORMAT})


def footer(combinations: Iterable[_Keys]) -> dict[str, str]:
    """Return what the footer of a column file says: its combinations of `KEYS`, by number.

    Of each key its words, and the place of each combination's word among them.
    """
    found: dict[str, tuple[list[str], list[int]]] = {}
    for name, values in zip(KEYS, zip(*combinations, strict=True), strict=False):
        places = {word: place for place, word in enumerate(sorted(set(values)))}
        found[name] = list(places), [places[word] for word in values]
    return {"combinations": msgspec.json.encode(found).decode()}


def _combinations(text: str) -> list[_Keys]:
    """Read what `footer` says.

    Raises:
        LookupError, ValueError: when it is something else.
    """
    found = msgspec.json.decode(text, type=dict[str, tuple[list[str], list[int]]])
    if not found:
        return []
    columns = [[words[place] for place in places] for words, places in map(found.__getitem__, KEYS)]
    return list(zip(*columns, strict=True))


class _Numbering:
    """Lines as batches, and a number for each combination of keys that they have."""

    def __init__(self) -> None:
        self.numbers: dict[_Keys, int] = {}

    def batches(self, lines: Iterable[RevenueLine]) -> Iterator["pa.RecordBatch"]:
        """Return the lines as batches.

        Raises:
            Invalid: beyond `COMBINATIONS_MAX`.
        """
        import pyarrow as pa  # noqa: PLC0415

        left, schema = iter(lines), revenue_schema()
        while some := list(islice(left, BATCH_LINES)):
            rows = [_row(line) for line in some]
            for row in rows:
                row["combination"] = self.numbers.setdefault(_keys(row), len(self.numbers))
            if len(self.numbers) > COMBINATIONS_MAX:
                msg = f"more than {COMBINATIONS_MAX} combinations of {', '.join(KEYS)}: "
                raise Invalid(msg + "expected fewer")
            yield pa.RecordBatch.from_pylist(rows, schema=schema)


class RevenueColumns:
    """Revenue lines that can be asked for sums and lines; closed by `close`."""

    def __init__(
        self, connection: "duckdb.DuckDBPyConnection", name: str, combinations: Sequence[_Keys]
    ) -> None:
        """Take a connection that has the view `lines`, and what its numbers stand for."""
        self._connection = connection
        self.name = name
        self._combinations = combinations
        self._sums: dict[int, _Sums] = {}

    @classmethod
    def of(cls, lines: Iterable[RevenueLine], name: str) -> "RevenueColumns":
        """Hold lines in memory.

        Raises:
            Invalid: beyond `COMBINATIONS_MAX`.
        """
        import pyarrow as pa  # noqa: PLC0415

        numbering = _Numbering()
        batches = list(numbering.batches(lines))
        connection = _connect()
        connection.register("lines", pa.Table.from_batches(batches, schema=revenue_schema()))
        return cls(connection, name, list(numbering.numbers))

    @classmethod
    def open(cls, path: Path) -> "RevenueColumns":
        """Open a column file; it is read when something is asked.

        Raises:
            ColumnsUnreadable: when it is none, or one of an older format.
        """
        import duckdb  # noqa: PLC0415

        connection = _connect()
        quoted = str(path).replace("'", "''")
        try:
            found = connection.execute(
                f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{quoted}') "
                "WHERE decode(key) IN ('format', 'combinations')"
            ).fetchall()
            said = dict(found)
            if said.get("format") != FORMAT:
                msg = f"{path} is no column file of revenue lines: expected format {FORMAT}, "
                raise ColumnsUnreadable(msg + "as 'servitization keep' writes it")
            combinations = _combinations(said["combinations"])
            connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{quoted}')")
        except (duckdb.Error, LookupError, ValueError) as error:
            msg = f"cannot read {path} as a column file of revenue lines"
            raise ColumnsUnreadable(msg) from error
        return cls(connection, path.name, combinations)

    def close(self) -> None:
        """Let go of the lines."""
        self._connection.close()

    def cells(self, where: Mapping[str, str] | None = None) -> list[Cell]:
        """Return the sums of all lines, or of those with some keys.

        Raises:
            QuestionInvalid: for another key, or beyond `CELLS_MAX` combinations.
        """
        combinations, sums = self._combinations, self._summed()
        found: dict[_Keys, _Sums] = {}
        for number in self._chosen(where or {}):
            key, mine = combinations[number][:-1], sums.get(number, _NOTHING)
            if key in found:
                found[key] = list(map(add, found[key], mine))
            elif mine is not _NOTHING:
                found[key] = mine
        if len(found) > CELLS_MAX:
            msg = f"more than {CELLS_MAX} combinations of months, service lines and sites: "
            raise QuestionInvalid(msg + "expected fewer; ask for a part")
        return [_cell(keys, found[keys]) for keys in sorted(found)]

    def _summed(self) -> Mapping[int, _Sums]:
        """Return amount, cost, costed amount and count of each combination, read once."""
        import duckdb  # noqa: PLC0415

        if not self._sums:
            try:
                found = self._sums_as("BIGINT")
            except duckdb.ConversionException:
                # Some sum is beyond 64 bits. As text: DuckDB hands out no longer numbers as such.
                found = [tuple(map(int, row)) for row in self._sums_as("TEXT")]
            self._sums = {row[0]: row[1:] for row in found}
        return self._sums

    def _sums_as(self, type_: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(
            f"SELECT combination, sum(amount)::{type_}, coalesce(sum(cost), 0)::{type_}, "
            f"coalesce(sum(amount) FILTER (WHERE cost IS NOT NULL), 0)::{type_}, count(*) "
            "FROM lines GROUP BY combination"
        ).fetchall()
        return found

    def _chosen(self, where: Mapping[str, str]) -> Sequence[int]:
        """Return the numbers of the combinations that have some keys.

        Raises:
            QuestionInvalid: for another key.
        """
        unknown = sorted(set(where) - set(KEYS))
        if unknown:
            msg = f"lines cannot be chosen by {', '.join(unknown)}: expected some of "
            raise QuestionInvalid(msg + ", ".join(KEYS))
        chosen: Sequence[int] = range(len(self._combinations))
        for name, value in where.items():
            low, high = months_of(value) if name == "month" else (value, value)
            place = KEYS.index(name)
            chosen = [one for one in chosen if low <= self._combinations[one][place] <= high]
        return chosen

    def sites(self) -> tuple[str, ...]:
        """Return the sites that lines name, in order."""
        return tuple(sorted({keys[-1] for keys in self._combinations} - {""})[:SITES_MAX])

    def years(self) -> tuple[str, ...]:
        """Return the years that lines are of, in order."""
        return tuple(sorted({keys[0][:4] for keys in self._combinations}))

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
        names = (*_SHOWN, "amount", "cost")
        found = self._connection.execute(
            f"SELECT combination, {', '.join(names)} FROM lines "
            f"WHERE combination IN (SELECT unnest(?::INTEGER[])) "
            f"ORDER BY date, document, line, machine, item, amount "
            f"LIMIT {limit + 1} OFFSET {int(after or 0)}",
            [list(self._chosen(where))],
        ).fetchall()
        listed = [
            _shown(self._combinations[number], dict(zip(names, row, strict=True)))
            for number, *row in found[:limit]
        ]
        more = str(int(after or 0) + limit) if len(found) > limit else None
        return LinePage(tuple(listed), more)


def write_columns(lines: Iterable[RevenueLine], path: Path) -> int:
    """Write lines as a column file, so that a dashboard of a million of them takes no time.

    Returns:
        How many.

    Raises:
        Invalid: beyond `COMBINATIONS_MAX`.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    numbering, count = _Numbering(), 0
    with pq.ParquetWriter(path, revenue_schema(), compression="zstd") as writer:
        for batch in numbering.batches(lines):
            writer.write_batch(batch)
            count += len(batch)
        writer.add_key_value_metadata(footer(numbering.numbers))
    return count


def _cell(keys: _Keys, sums: _Sums) -> Cell:
    values: list[Any] = [*keys[: len(_DIVIDED_BY)], *sums]
    return Cell(*values)


def _connect() -> "duckdb.DuckDBPyConnection":
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config={"threads": THREADS})
    # Its own bar would stand in the middle of what a command writes.
    connection.execute("SET enable_progress_bar = false")
    return connection


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


def _shown(keys: _Keys, row: dict[str, Any]) -> dict[str, str]:
    amount, cost = row.pop("amount"), row.pop("cost")
    said = dict(zip(KEYS, keys, strict=True))
    said |= {name: str(value) for name, value in row.items()}
    return said | {"amount": _text(amount), "cost": "" if cost is None else _text(cost)}


def _text(value: int) -> str:
    shown = f"{Decimal(value).scaleb(-6):f}"
    whole, _, part = shown.partition(".")
    part = part.rstrip("0").ljust(2, "0")
    return f"{whole}.{part}"
