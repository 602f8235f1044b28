"""`invoice month`: the documents of all contracts for a month, on several processes."""

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    progress,
    shown_on,
    write_json,
    write_line,
    write_table,
)
from lineshaft.cli.invoice import app

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.core.month import Month
    from lineshaft.services.billing.month.model import Closed

PROCESSES_MAX = 16
_OF_WORKER: dict[str, "Application"] = {}


@app.command("month")
def issue_month(
    month: Annotated[str, typer.Argument(help="A month that is over, such as 2027-05.")],
    processes: Annotated[
        int,
        typer.Option(min=1, max=PROCESSES_MAX, help="How many processes share the work."),
    ] = min(os.cpu_count() or 1, PROCESSES_MAX),
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Issue the documents of all contracts for a month, each once; say what is left, and why."""
    from lineshaft.core.month import Month
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR
    from lineshaft.services.billing.month.model import Closed

    with errors_by_kind():
        wanted = Month.parse(month)
        application = application_of(data)
        batches = application.months.batches(LOCAL_OPERATOR)
        total, done, closed = sum(map(len, batches)), 0, Closed()
        with _closing(application, wanted, batches, processes) as parts, progress() as bar:
            show = shown_on(bar)
            show("contracts", done, total)
            for size, part in parts:
                done, closed = done + size, closed + part
                show("contracts", done, total)
        _say(closed, is_json=json)


@contextmanager
def _closing(
    application: "Application", month: "Month", batches: Sequence[list[str]], processes: int
) -> Iterator[Iterator[tuple[int, "Closed"]]]:
    """Close batch by batch; give how many contracts each had, and what was done."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    if min(processes, len(batches)) <= 1:
        closed = (application.months.close(LOCAL_OPERATOR, month, batch) for batch in batches)
        yield zip(map(len, batches), closed, strict=True)
        return
    # A worker has its connections for itself, and this process has no thread when it is forked.
    application.database.close()
    with _workers(min(processes, len(batches)), application.settings.data_dir) as pool:
        todo: dict[Future[Closed], int] = {
            pool.submit(_close_batch, month, batch): len(batch) for batch in batches
        }
        yield ((todo[future], future.result()) for future in as_completed(todo))


@contextmanager
def _workers(processes: int, data: Path) -> Iterator[ProcessPoolExecutor]:
    """Give processes that begin with what this one has imported, which takes it seconds."""
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_open, initargs=(os.getpid(), data)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _open(parent: int, data: Path) -> None:
    """Open the installation in a worker, which ends with the command."""
    from lineshaft.infrastructure.imports import leave_out
    from lineshaft.infrastructure.processes import be_steady, die_with

    leave_out("pandas")  # as the command has, where it is not forked
    die_with(parent)()
    _OF_WORKER["application"] = application_of(data)
    be_steady()  # what it has imported would be looked through again with each batch


def _close_batch(month: "Month", batch: list[str]) -> "Closed":
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    return _OF_WORKER["application"].months.close(LOCAL_OPERATOR, month, batch)


def _say(closed: "Closed", *, is_json: bool) -> None:
    rows = [
        [one.contract, "" if one.period is None else str(one.period), one.reason]
        for one in sorted(closed.left, key=lambda one: one.contract)
    ]
    if is_json:
        names = ("contract", "period", "reason")
        left = [dict(zip(names, row, strict=True)) for row in rows]
        write_json({"issued": closed.issued, "found": closed.found, "left": left})
        return
    write_line(f"{closed.issued} issued, {closed.found} there already, {len(rows)} left")
    if rows:
        write_table("left", ["contract", "period", "why"], rows)
