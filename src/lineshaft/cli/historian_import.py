"""`historian import`: a file of old readings into the store, as a source of its own."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    errors_by_kind,
    progress,
    settings_of,
    write_json,
    write_line,
)
from lineshaft.cli.terminal import ERR
from lineshaft.core.period import format_instant, parse_instant

if TYPE_CHECKING:
    from lineshaft.network.backfill.model import BackFillConfig, Progress, Summary
    from lineshaft.network.backfill.service import BackFill

EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""


def import_file(
    file: Annotated[Path, typer.Argument(help="A .csv or .parquet file of readings.")],
    source: Annotated[
        str, typer.Option(help="Name of the import as a source of its own, such as history-1.")
    ],
    map_path: Annotated[
        Path | None, typer.Option("--map", help="A TOML file that says what the columns mean.")
    ] = None,
    machine: Annotated[
        str, typer.Option(help="Machine of the signals that name none, such as press-1.")
    ] = "",
    rate: Annotated[
        int | None, typer.Option(help="At most so many records a second.", show_default="no limit")
    ] = None,
    until: Annotated[
        str,
        typer.Option(help="The file is complete up to this instant, not only to its last stamp."),
    ] = "",
    key: Annotated[
        Path | None, typer.Option(help="Key file of the source, where it is kept elsewhere.")
    ] = None,
    bus: Annotated[
        str, typer.Option(help="Address of the hub's bus, as 'source invite' printed it.")
    ] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import old readings; stopped in the middle, the same command goes on where it was."""
    from lineshaft.bootstrap.backfill_program import run_import
    from lineshaft.core.segment.header import check_source_id
    from lineshaft.infrastructure.telemetry import configure_logging
    from lineshaft.network.backfill.model import BackFillConfig
    from lineshaft.network.backfill.service import read_map

    with errors_by_kind():
        settings = settings_of(data)
        # what matters is said below, where it does not tear the progress bar apart
        configure_logging("import", level="critical")
        config = BackFillConfig(
            source=check_source_id(source),
            file=file,
            directory=settings.backfill_dir,
            key_path=key,
            map=read_map(map_path, machine),
            rate=rate,
            until=parse_instant(until) if until else None,
        )
        began_s = time.monotonic()
        with _Teller() as teller:
            try:
                summary = asyncio.run(run_import(settings, config, teller.tell, bus))
            except KeyboardInterrupt:
                write_line("stopped; the same command goes on where it was")
                raise typer.Exit(EXIT_INTERRUPTED) from None
        _show(config, summary, time.monotonic() - began_s, as_json=json)


class _Teller:
    """Shows how far an import is, and once what it waits for."""

    def __init__(self) -> None:
        self._bar = progress()
        self._task = self._bar.add_task("reading", total=None)
        self._why = ""

    def __enter__(self) -> "_Teller":
        self._bar.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()

    def tell(self, back_fill: "BackFill", now: "Progress") -> None:
        """Show it; what is waited for is said once."""
        if now.why and now.why != self._why:
            ERR.print(f"waiting: {now.why}", markup=False)
            if now.standing == "waiting":
                name = back_fill.source
                ERR.print(f"  accept it with 'lineshaft source accept {name}' on the hub, when")
                ERR.print(f"  'lineshaft source list' shows {back_fill.fingerprint}", markup=False)
        self._why = now.why
        self._bar.update(
            self._task, description="importing", completed=now.rows, total=now.rows_total
        )


def _show(config: "BackFillConfig", summary: "Summary", took_s: float, *, as_json: bool) -> None:
    source, until = config.source, config.until
    said = None if until is None else format_instant(until)
    new = summary.records - summary.stored_before
    if as_json:
        write_json(
            {
                "source": source,
                "records": summary.records,
                "stored_before": summary.stored_before,
                "complete_until": said,
                "refusals": summary.refusals,
                "first_refusals": list(summary.first_refusals),
                "seconds": round(took_s, 3),
            }
        )
        return
    if new:
        rate = int(new / took_s)
        write_line(
            f"{new:,} records of {config.file.name} are stored as {source} ({rate:,} a second)"
        )
    if summary.stored_before:
        write_line(f"{summary.stored_before:,} records of it were stored before")
    if said is not None:
        write_line(f"it is complete until {said}")
    if summary.refusals:
        write_line(f"{summary.refusals:,} of all are refusals of rows that cannot be read:")
        for reason in summary.first_refusals:
            write_line(f"  {reason}")
