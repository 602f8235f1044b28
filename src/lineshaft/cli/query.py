"""`query` and `status`: what is stored, and how the installation is."""

import csv
import json as json_module
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineshaft.cli.context import (
    OUT,
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    settings_of,
    write_json,
    write_table,
)

if TYPE_CHECKING:
    import pyarrow as pa


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
    """Write the stored records of a signal as CSV, or summarised."""
    from lineshaft.core.period import Period
    from lineshaft.core.reading import SignalId
    from lineshaft.platform.historian.model import RangeQuery
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        historian = application_of(data).historian
        period = Period.parse(start, end)
        if points:
            table = historian.downsample(LOCAL_OPERATOR, SignalId(signal), period, points)
        else:
            wanted = RangeQuery(SignalId(signal), period, include_before=False, include_after=False)
            table = historian.readings(LOCAL_OPERATOR, wanted)
        _write(table, json=json)


def _write(table: "pa.Table", *, json: bool) -> None:
    from lineshaft.core.period import format_instant

    names = table.column_names
    instants = {name for name in ("ts", "own_ts", "bucket_start") if name in names}
    writer = csv.writer(sys.stdout)
    if not json:
        writer.writerow(names)
    for batch in table.to_batches():
        for row in batch.to_pylist():
            for name in instants:
                row[name] = None if row[name] is None else format_instant(row[name])
            if json:
                sys.stdout.write(json_module.dumps(row, ensure_ascii=False) + "\n")
            else:
                writer.writerow([row[name] for name in names])


def status(data: DataOption = None, json: JsonOption = False) -> None:
    """Show which programs run, what is stored, and what is wrong."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        settings = settings_of(data)
        state_file = settings.run_dir / "supervisor.json"
        programs: Any = {}
        if state_file.exists():
            programs = json_module.loads(state_file.read_text(encoding="utf-8"))
        application = application_of(data)
        totals = application.historian.totals(LOCAL_OPERATOR)
        content = {
            "data": str(settings.data_dir),
            "programs": programs,
            "records": totals.records,
            "readings": totals.readings,
            "refusals": totals.refusals,
        }
        if json:
            write_json(content)
            return
        OUT.print(f"data      {settings.data_dir}", markup=False)
        OUT.print(f"readings  {totals.readings:,}   refusals {totals.refusals:,}")
        rows = [
            [str(p.get("name")), str(p.get("state")), str(p.get("pid")), str(p.get("restarts"))]
            for p in programs.get("programs", [])
        ]
        write_table("programs", ["program", "state", "pid", "restarts"], rows)
