"""Processes that bill from one installation, to be killed; `issue_kills` starts them.

`python -m tests.long_runs._issuers DIRECTORY` has imported everything and opened nothing. Each line
of its input is a list of lives: each is forked, and does its tasks in its own session. It says
their process ids, and, asked by another line, how they ended; until then no id is used again.
"""

import datetime as dt
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from lineshaft.bootstrap.application import Application, build
from lineshaft.cli.main import app as command_line
from lineshaft.core.errors import Unavailable
from lineshaft.core.money import Money
from lineshaft.core.month import Month
from lineshaft.core.period import Period
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.infrastructure.processes import die_with
from lineshaft.infrastructure.settings import Settings
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.month import service as bulk
from lineshaft.services.billing.receivables.store import SqlReceivablesStore
from lineshaft.services.billing.store import SqlDocumentStore

JOURNAL = "answers"
"""What was answered, one line each; a line is written at once or not at all."""
ANSWERED = "answered"
STEPS: dict[str, type] = {
    "lock": UnitOfWork,
    "draw_positions": SqlDocumentStore,
    "signer": DocumentKeys,
    "add_documents": SqlDocumentStore,
    "add_slices": SqlDocumentStore,
    "add_transactions": SqlDocumentStore,
    "add_rerating": SqlDocumentStore,
    "add_payment": SqlReceivablesStore,
    "publish": UnitOfWork,
    "append_all": AuditChain,
}
"""Each step of the transactions; `ANSWERED` is behind the commit, before anybody is told."""
_NOTED = ("lock", "append_all", ANSWERED)
_WRITTEN = (
    "draw_positions",
    "signer",
    "add_documents",
    "add_slices",
    "add_transactions",
    "publish",
)
STEPS_OF = {
    "issue": (*_NOTED, *_WRITTEN),
    "close": (*_NOTED, *_WRITTEN),
    "correct": (*_NOTED, *_WRITTEN, "add_rerating"),
    "pay": (*_NOTED, "add_payment", "add_transactions", "publish"),
    "recognise": _NOTED,
}
"""Those that a task passes, where there is something to do."""
DAY = dt.date(2026, 5, 5)
CONTRACTS_PER_BATCH = 5
BUSY_MS = 400
"""Short, so that a neighbour that is frozen for longer is met as a database that is busy."""

Life = dict[str, Any]


def live(directory: Path, life: Life) -> None:
    """Do the tasks of a life; die, or stop, at the first step of the task that it names."""
    if "command" in life:
        close_month(directory, *life["command"])
    at, (fatal, number) = -1, life.get("fate", ("", 0))

    def pass_step(step: str) -> None:
        nonlocal fatal
        if step == fatal and at >= life["at"]:
            fatal = ""
            os.kill(os.getpid(), number)

    for step, owner in STEPS.items():
        setattr(owner, step, _passing(getattr(owner, step), step, pass_step))
    application = build(Settings(data_dir=directory, database_busy_ms=BUSY_MS))
    with (directory / JOURNAL).open("ab", buffering=0) as journal:
        for at, task in enumerate(life["tasks"]):  # noqa: B007 - read where a step is passed
            with suppress(Unavailable):  # a neighbour holds the database: nothing is answered
                answer = TASKS[task[0]](application, *task[1:])
                pass_step(ANSWERED)
                journal.write(json.dumps([*task, answer]).encode() + b"\n")


def close_month(directory: Path, month: str, processes: int, said: str) -> None:
    """Run `lineshaft invoice month`, with batches small enough for several processes to share."""
    bulk.BATCH_CONTRACTS_MAX = CONTRACTS_PER_BATCH
    with (directory / said).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
    options = ["--data", str(directory), "--processes", str(processes), "--json"]
    command_line(["invoice", "month", month, *options])  # ends with SystemExit


def _passing(method: Callable[..., Any], step: str, done: Callable[[str], None]) -> Any:
    def pass_by(*arguments: Any, **named: Any) -> Any:
        answer = method(*arguments, **named)
        done(step)
        return answer

    return pass_by


def issue(application: Application, contract: str, start: int, end: int) -> str:
    return application.billing.issue(LOCAL_OPERATOR, contract, Period(start, end)).number


def correct(application: Application, contract: str, start: int, end: int) -> str:
    found = application.billing.correct(LOCAL_OPERATOR, contract, Period(start, end))
    return found.document.number


def close(application: Application, month: str, *contracts: str) -> int:
    closed = application.months.close(LOCAL_OPERATOR, Month.parse(month), contracts)
    assert not closed.left, closed.left
    return closed.issued


def pay(application: Application, number: str, amount: str, currency: str, reference: str) -> str:
    money = Money(Decimal(amount), currency)
    desk = application.receivables
    return desk.record_payment(LOCAL_OPERATOR, number, money, DAY, reference).reference


def recognise(application: Application, month: str) -> int:
    return application.ledger.recognise(LOCAL_OPERATOR, month).documents


TASKS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (issue, correct, close, pay, recognise)
}


def main(directory: Path) -> None:
    """Fork the lives of each line, and wait for them when asked."""
    for line in iter(sys.stdin.readline, ""):
        pids = [_born(directory, life) for life in json.loads(line)]
        print(json.dumps(pids), flush=True)
        sys.stdin.readline()
        ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(json.dumps(ended), flush=True)


def _born(directory: Path, life: Life) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    die_with(parent)()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sys.stdin.fileno())
    os.dup2(nowhere, sys.stdout.fileno())
    code = 1
    try:
        live(directory, life)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException as error:
        with (directory / "faults").open("a", encoding="utf-8") as faults:
            faults.write(f"{life.get('fate')} {type(error).__name__}: {error}\n")
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
