"""How an answer is written: JSON, CSV or an Arrow IPC stream, by `?format=` or the Accept header.

Numbers stay exact: a decimal is written with the digits that the machine sent, in JSON as a number
of as many digits (RFC 8259 sets no limit), in Arrow as mantissa and exponent beside the nearest
float64.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pyarrow as pa

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant

ACCEPT_CHARACTERS_MAX = 1_000
_MEDIA_RANGES_MAX = 20
_JSON = msgspec.json.Encoder(decimal_format="number")


class Unwritable(Invalid):
    """A value of an answer cannot be written in the format that was asked for."""


class AnswerFormat(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


MEDIA_TYPES = {
    AnswerFormat.JSON: "application/json",
    AnswerFormat.CSV: "text/csv; charset=utf-8",
    AnswerFormat.ARROW: "application/vnd.apache.arrow.stream",
}
_BY_RANGE = {
    "*/*": AnswerFormat.JSON,
    "application/*": AnswerFormat.JSON,
    "application/json": AnswerFormat.JSON,
    "text/*": AnswerFormat.CSV,
    "text/csv": AnswerFormat.CSV,
    "application/vnd.apache.arrow.stream": AnswerFormat.ARROW,
}
INSTANTS = frozenset({"ts", "own_ts", "bucket_start", "start", "end"})
"""Columns that hold microseconds since 1970 inside and are instants outside."""


def chosen(named: AnswerFormat | None, accept: str) -> AnswerFormat:
    """Return the format that is named, or the one that the Accept header likes best (RFC 9110).

    Raises:
        Invalid: when the header takes none of ours.
    """
    if named is not None:
        return named
    weighed = [
        (weight, -place, _BY_RANGE[media_range])
        for place, (media_range, weight) in enumerate(_media_ranges(accept or "*/*"))
        if media_range in _BY_RANGE and weight > 0
    ]
    if not weighed:
        msg = f"cannot answer as {accept[:100]!r}: expected application/json, text/csv or "
        msg += "application/vnd.apache.arrow.stream"
        raise Invalid(msg)
    return max(weighed)[2]


def _media_ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the media ranges of an Accept header with their weights (RFC 9110, 12.5.1)."""
    for part in accept[:ACCEPT_CHARACTERS_MAX].split(",")[:_MEDIA_RANGES_MAX]:
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = _weight(value.strip())
        yield media_range, weight


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def json_bytes(content: Any) -> bytes:
    """Return content as JSON; a Decimal becomes a number with all its digits."""
    return _JSON.encode(content)


def with_instants(table: pa.Table) -> pa.Table:
    """Return a table whose microseconds are timestamps in UTC."""
    for index, field in enumerate(table.schema):
        if field.name in INSTANTS and pa.types.is_int64(field.type):
            moments = table.column(index).cast(pa.timestamp("us", "UTC"))
            named = pa.field(field.name, pa.timestamp("us", "UTC"), field.nullable)
            table = table.set_column(index, named, moments)
    return table


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them; instants as RFC 3339 in UTC."""
    return [
        dict(zip(table.column_names, row, strict=True))
        for row in zip(*lists_of(table), strict=True)
    ]


def lists_of(table: pa.Table) -> list[list[Any]]:
    """Return the columns of a table as lists of what JSON can hold.

    Raises:
        Unwritable: for an instant beyond the years 1 to 9999, and the like.
    """
    try:
        return [_list_of(column) for column in table.columns]
    except (pa.ArrowException, ArithmeticError, ValueError) as error:
        msg = "cannot write a value as text: ask for Arrow, or cast it to text"
        raise Unwritable(msg) from error


def _list_of(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        micros = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        return [_moment(value) for value in micros.cast(pa.int64()).to_pylist()]
    return [_plain(value) for value in column.to_pylist()]


def _moment(micros: int | None) -> str | None:
    return None if micros is None else format_instant(Instant(micros))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON has not, as text, and no NaN."""
    match value:
        case float():
            return value if value - value == 0 else str(value)
        case None | bool() | int() | str() | Decimal():
            return value
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)


def csv_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV (RFC 4180); without names the header is left out."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    if names:
        writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case list() | dict():
            return json_bytes(value).decode()
        case _:
            return value


def csv_chunks(tables: Iterable[pa.Table], names: Sequence[str]) -> Iterator[bytes]:
    """Yield tables of one schema as CSV, the header first."""
    yield csv_lines(names, [])
    for table in tables:
        yield csv_lines([], zip(*lists_of(table), strict=True))


def arrow_chunks(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[bytes]:
    """Yield tables of one schema as an Arrow IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        yield _taken(sink)
        for table in tables:
            writer.write_table(table)
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data
