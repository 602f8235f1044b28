"""`query`: the stored records of a signal."""

import csv
import json as json_module
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import DataOption, JsonOption, application_of, errors_by_kind, progress

if TYPE_CHECKING:
    import pyarrow as pa

    from lineshaft.core.period import Period
    from lineshaft.core.reading import SignalId
    from lineshaft.platform.historian.service import Historian

WINDOW_S_MIN = 3_600
WINDOW_S_MAX = 7 * 86_400
WINDOW_ROWS = 200_000
"""How many records at once are enough: the span that is read follows from how dense they are."""


def query(
    signal: Annotated[str, typer.Argument(help="Signal, such as mill/cut_time.")],
    start: Annotated[str, typer.Option(help="First instant, RFC 3339.")],
    end: Annotated[str, typer.Option(help="First instant after, RFC 3339.")],
    points: Annotated[
        int, typer.Option(help="Summarise into so many buckets: min, max, mean, count.")
    ] = 0,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write the stored records of a signal as CSV, or summarised; with --json one object a line."""
    from lineshaft.core.period import Period
    from lineshaft.core.reading import SignalId
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        historian = application_of(data).historian
        period, series = Period.parse(start, end), SignalId(signal)
        if points:
            table = historian.downsample(LOCAL_OPERATOR, series, period, points)
            _write([table], json=json)
        else:
            _write(_tables(historian, series, period), json=json)


def _tables(historian: "Historian", signal: "SignalId", period: "Period") -> Iterator["pa.Table"]:
    """Yield the records span by span, so that a long period does not have to fit into memory."""
    from lineshaft.core.period import US_PER_S, Instant, Period
    from lineshaft.platform.historian.model import RangeQuery
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    window_s, at = WINDOW_S_MIN, period.start
    with progress() as bar:
        task = bar.add_task("hours read", total=period.duration_us // (3_600 * US_PER_S))
        while at < period.end:
            span = Period(at, Instant(min(period.end, at + window_s * US_PER_S)))
            wanted = RangeQuery(signal, span, include_before=False, include_after=False)
            table = historian.readings(LOCAL_OPERATOR, wanted)
            yield table
            at = span.end
            bar.update(task, completed=(at - period.start) // (3_600 * US_PER_S))
            is_dense = table.num_rows > WINDOW_ROWS
            window_s = max(window_s // 4, 1) if is_dense else min(2 * window_s, WINDOW_S_MAX)


def _write(tables: "Iterator[pa.Table] | list[pa.Table]", *, json: bool) -> None:
    from lineshaft.core.period import format_instant

    writer, is_first = csv.writer(sys.stdout, lineterminator="\n"), True
    for table in tables:
        names = table.column_names
        instants = [name for name in ("ts", "own_ts", "bucket_start") if name in names]
        if is_first and not json:
            writer.writerow(names)
        is_first = False
        for batch in table.to_batches():
            for row in batch.to_pylist():
                for name in instants:
                    row[name] = None if row[name] is None else format_instant(row[name])
                if json:
                    sys.stdout.write(json_module.dumps(row, ensure_ascii=False) + "\n")
                else:
                    writer.writerow(row.values())
