"""kill -9 and freezes of processes that bill together: no gap, nothing lost, nothing doubled.

Processes meter, rate, number, issue, correct, take payments and close months on one installation,
while readings come late. They are killed at random moments and behind each step of their
transactions, and frozen there, holding the database. After each round of kills numbers, postings,
events and audit entries are compared with the documents; at the end everything is asked for once
more, every document is verified with its evidence, and all documents of a period are compared with
its last rating. `lineshaft invoice month` is killed too, and closes the month in the end.
"""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.business import BUSINESS_TERMS, DAY_US, HOUR_US, START, Business, PlantEdge, contract_on
from bench.records import Outcome
from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.source_adapters import AcceptedSourceKeys
from lineshaft.core.errors import Unavailable
from lineshaft.core.month import Month
from lineshaft.core.segment.wire import SealedSegment
from lineshaft.infrastructure.settings import Settings
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.reception import Reception
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.billing.document import decode_file
from lineshaft.services.billing.month.service import due_periods
from lineshaft.services.contracts.store import SqlContractStore
from tests import lean
from tests.long_runs._issuers import JOURNAL, STEPS_OF, Life
from tests.platform.historian.house import Queue

FULL = 200
SLICE = 10

KILLS_PER_PLANT = 20
SOLD_EVERY = 2
LIVES = 3
"""At a time."""
TASKS = 2
COMMAND_EVERY, WORKERS = 8, 2
"""Rounds: then the command closes the month as well, with its workers, until it is killed."""
FREEZE_EVERY = 3
MONTH = "2026-04"
STORED = range(6, 7)
"""The segment of the four days before those that are billed: their readings come late."""
CURRENCIES = ("EUR", "USD", "CHF")
FREEZE_S = (0.05, 0.5)
DEADLINE_S = 60
TRIES_MAX = 5


@dataclass
class Plant:
    """The installation, what is to be billed, and what has come late."""

    directory: Path
    edges: Sequence[PlantEdge]
    periods: list[tuple[str, int, int]] = field(default_factory=list)
    late: Counter[str] = field(default_factory=Counter)
    paid: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def opened(self) -> Application:
        return build(Settings(data_dir=self.directory))

    def late_reading(self, rng: random.Random) -> SealedSegment:
        """Return one more reading of a machine's counter."""
        edge = rng.choice(self.edges)
        place = rng.randrange(0, len(edge.machines), SOLD_EVERY)
        self.late[edge.machines[place]] += 1
        rise = self.late[edge.machines[place]]
        return edge.late(place, START + 27 * DAY_US + rise * 3 * HOUR_US, rise * 3_600)

    def take_in(self, application: Application, segment: SealedSegment) -> None:
        """Store a reading as intake does: again, when a frozen process holds the database."""
        for left in reversed(range(TRIES_MAX)):
            try:
                self._store(application, segment)
            except Unavailable:
                if not left:
                    raise
            else:
                return

    def _store(self, application: Application, segment: SealedSegment) -> None:
        parts = (application.database, application.manifest)
        reception = Reception(*parts, AcceptedSourceKeys(application.identity), application.clock)
        decisions = reception.receive(Queue().put([segment]))
        committer = Committer(*parts, application.files, application.clock)
        committer.commit([one.opened for one in decisions.accepted])


class Sold(Business):
    """A business whose machines are under contracts of several kinds."""

    def _agree(self, application: Application, machines: list[str]) -> None:
        """Write the contracts of every second machine; one in eight has a guarantee."""
        store = SqlContractStore()
        terms = {name: term for name, term in BUSINESS_TERMS.items() if name != "guarantee"}
        with application.database.unit_of_work() as unit:
            for place, machine in enumerate(machines[::SOLD_EVERY]):
                changes: dict[str, Any] = {"terms": terms if place % 4 else BUSINESS_TERMS}
                if place % 2:
                    currency = CURRENCIES[place // 2 % len(CURRENCIES)]
                    changes |= {"billing_period": "day", "invoice_series": "DAILY"}
                    changes |= {"currency": currency}
                made = contract_on(machine, start=self.start, **changes)
                store.add_contract(unit.connection, made, START)
                store.activate(unit.connection, made.id, 1, START)


def planted(directory: Path, count: int) -> Plant:
    """Build the installation: half of the contracts are billed by the month, half by the day."""
    plants = max(1, count // KILLS_PER_PLANT)
    business = Sold(plants, STORED, start="2026-04-28T00:00:00Z", is_merged=False)
    plant = Plant(directory, business.edges())
    application = business.build(directory, plant.edges)
    (ids,) = application.months.batches(LOCAL_OPERATOR)
    for id_, versions in application.contracts.bound(LOCAL_OPERATOR, ids).items():
        due = due_periods(versions, Month.parse(MONTH))
        plant.periods += [(id_, period.start, period.end) for _, period in due]
    application.database.close()
    return plant


class Processes:
    """The process that forks lives, and the lives of a round."""

    def __init__(self, directory: Path) -> None:
        command = lean.command("tests.long_runs._issuers", str(directory))
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        # What a killed command leaves on stderr is noise; what goes wrong in a life is kept.
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True, **pipes)

    def born(self, lives: Sequence[Life]) -> list[int]:
        return self._asked(json.dumps(lives))

    def ended(self, pids: Sequence[int]) -> list[int]:
        """Wait until the lives, and all that they have started, are gone; return how they ended."""
        codes = self._asked("")
        for pid in pids:
            wait_for(lambda pid=pid: not is_group_alive(pid))
        return codes

    def _asked(self, line: str) -> list[int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks the others is gone"
        found: list[int] = json.loads(answer)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def wait_for(condition: Any) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end_s:
            msg = f"a process of this run was not where it was expected within {DEADLINE_S} s"
            raise AssertionError(msg)
        time.sleep(0.005)


def is_group_alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def state_of(pid: int) -> str:
    """Return the letter of the process's state: T for one that is stopped; none when it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    return ""


def run(count: int, seed: int) -> Outcome:
    """Kill processes that bill `count` times."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lineshaft-issue-") as name:
        processes = Processes(Path(name))
        try:
            plant = planted(Path(name), count)
            return killed(plant, processes, count, rng)
        finally:
            processes.close()


def killed(plant: Plant, processes: Processes, count: int, rng: random.Random) -> Outcome:
    counts: Counter[str] = Counter()
    application = plant.opened()
    while counts["kills"] < count:
        counts["rounds"] += 1
        one_round(plant, processes, application, rng, counts)
        fault = judged(plant)
        if fault:
            return Outcome(is_ok=False, detail=fault, counts=dict(counts))
    fault = completed(plant, processes) or judged(plant) or proven(plant, application, counts)
    application.database.close()
    return Outcome(is_ok=not fault, detail=fault, counts=dict(counts))


def one_round(
    plant: Plant,
    processes: Processes,
    application: Application,
    rng: random.Random,
    counts: Counter[str],
) -> None:
    """Let some live at once, with a reading that comes late; kill and freeze them."""
    lives = [life_of(plant, rng) for _ in range(LIVES)]
    if counts["rounds"] % FREEZE_EVERY == 1:
        lives[0] |= fate(lives[0]["tasks"], signal.SIGSTOP, rng) | {"is_frozen": True}
    if counts["rounds"] % COMMAND_EVERY == 0:
        lives[-1] = {"command": (MONTH, WORKERS, "said")}
    reading = plant.late_reading(rng)
    pids = processes.born(lives)
    began_s = time.monotonic()
    with ThreadPoolExecutor(1) as intake:
        taken = intake.submit(plant.take_in, application, reading)
        for life, pid in zip(lives, pids, strict=True):
            if "fate" not in life:
                until_s = rng.uniform(0, 3.0 if "command" in life else 0.4)
                time.sleep(max(0.0, began_s + until_s - time.monotonic()))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if lives[0].get("is_frozen"):
            counts["freezes"] += thawed(pids[0], rng)
        taken.result()
    codes = processes.ended(pids)
    counts["kills"] += codes.count(-signal.SIGKILL)
    counts["commands_killed"] += sum(
        "command" in life and code == -signal.SIGKILL
        for life, code in zip(lives, codes, strict=True)
    )


def thawed(pid: int, rng: random.Random) -> bool:
    """Leave a life frozen for a while once it has stopped itself; tell whether it did."""
    wait_for(lambda: state_of(pid) in {"T", "Z", ""})
    if state_of(pid) != "T":
        return False
    time.sleep(rng.uniform(*FREEZE_S))
    os.kill(pid, signal.SIGCONT)
    return True


def life_of(plant: Plant, rng: random.Random) -> Life:
    """Draw the tasks of a process, and where it dies: behind a step, or at some moment."""
    tasks: list[list[Any]] = []
    for _ in range(TASKS):
        contract, start, end = rng.choice(plant.periods)
        issued = documents_of(plant, contract, start)
        draw = rng.random()
        if not issued or draw < 0.15:
            tasks.append(["issue", contract, start, end])
        elif draw < 0.55:
            tasks.append(["correct", contract, start, end])
        elif draw < 0.9:
            number, currency = rng.choice(issued)
            reference = f"r-{len(plant.paid)}"
            plant.paid[number, reference] = "1.25", currency
            tasks.append(["pay", number, "1.25", currency, reference])
        else:
            tasks.append(["recognise", MONTH])
    if rng.random() < 0.3:
        some = sorted({each[0] for each in rng.sample(plant.periods, 3)})
        tasks[-1] = ["close", MONTH, *some]
    life: Life = {"tasks": tasks}
    return life | fate(tasks, signal.SIGKILL, rng) if rng.random() < 0.7 else life


def fate(tasks: list[list[Any]], number: signal.Signals, rng: random.Random) -> Life:
    """Draw the task, and the step of it, at which a process sends itself a signal."""
    at = rng.randrange(len(tasks))
    return {"fate": (rng.choice(STEPS_OF[tasks[at][0]]), int(number)), "at": at}


@contextlib.contextmanager
def snapshot(plant: Plant) -> Iterator[sqlite3.Connection]:
    """Open the database as an auditor would: everything is read of one moment."""
    database = sqlite3.connect(plant.directory / "hub.sqlite")
    try:
        database.execute("BEGIN")
        yield database
    finally:
        database.close()


def documents_of(plant: Plant, contract: str, start: int) -> list[tuple[str, str]]:
    with snapshot(plant) as database:
        query = "SELECT number, currency FROM billing_document WHERE contract = ?"
        return database.execute(f"{query} AND period_start = ?", (contract, start)).fetchall()


AUDITS = {
    "numbers with a gap": """
        SELECT s.series FROM billing_series s LEFT JOIN billing_document d ON d.series = s.series
        GROUP BY s.series, s.last_position
        HAVING count(d.number) <> s.last_position OR min(d.position) <> 1
            OR max(d.position) <> s.last_position""",
    "moments in two documents": """
        SELECT a.number FROM billing_document a JOIN billing_document b
        ON a.contract = b.contract AND a.period_start < b.period_end
            AND b.period_start < a.period_end AND a.period_start <> b.period_start""",
    "corrections with a gap": """
        SELECT contract FROM billing_document GROUP BY contract, period_start
        HAVING count(*) <> max(correction) + 1 OR count(DISTINCT period_end) <> 1""",
    "transactions that do not balance": """
        SELECT "transaction" FROM ledger_entry GROUP BY "transaction", currency
        HAVING sum(amount_minor) <> 0""",
    "a ledger that does not balance": """
        SELECT currency FROM ledger_entry GROUP BY currency HAVING sum(amount_minor) <> 0""",
    "documents without their posting": """
        SELECT number FROM billing_document WHERE CAST(gross AS REAL) <> 0 AND number NOT IN
            (SELECT document FROM ledger_transaction WHERE reason = 'document')""",
    "documents whose receivable is not their gross": """
        SELECT d.number FROM billing_document d
        LEFT JOIN ledger_transaction t ON t.document = d.number AND t.reason = 'document'
        LEFT JOIN ledger_entry e ON e."transaction" = t.id AND e.account LIKE 'receivables:%'
        GROUP BY d.number HAVING coalesce(sum(e.amount_minor), 0)
            <> round(d.gross * 100) * CASE d.type WHEN '381' THEN -1 ELSE 1 END""",
    "documents without their schedule": """
        SELECT number FROM billing_document WHERE CAST(gross AS REAL) <> 0 AND number NOT IN
            (SELECT document FROM ledger_slice)""",
    "payments that are not posted once": """
        SELECT p.reference FROM payment p LEFT JOIN ledger_transaction t
        ON t.document = p.document AND t.reference = p.reference AND t.reason = 'payment'
        WHERE t.id IS NULL
        UNION ALL SELECT reference FROM ledger_transaction WHERE reason = 'payment'
            AND (document, reference) NOT IN (SELECT document, reference FROM payment)""",
    "corrections that nobody has noted": """
        SELECT number FROM billing_document WHERE correction > 0
            AND number NOT IN (SELECT document FROM billing_rerating WHERE document IS NOT NULL)""",
    "documents whose audit entry is not one": """
        SELECT d.number FROM billing_document d LEFT JOIN audit_entry a
        ON a.subject = 'document/' || d.number AND a.action IN ('invoice:issue', 'invoice:correct')
        GROUP BY d.number HAVING count(a.number) <> 1""",
}


def judged(plant: Plant) -> str:
    """Return what is wrong after a round, or nothing."""
    faults = plant.directory / "faults"
    if faults.exists():
        return f"a process failed: {faults.read_text(encoding='utf-8').splitlines()[0]}"
    with snapshot(plant) as database:
        for what, query in AUDITS.items():
            found = database.execute(query).fetchall()
            if found:
                return f"{what}: {found[:3]}"
        numbers = {number for (number,) in database.execute("SELECT number FROM billing_document")}
        payments = set(database.execute("SELECT document, reference FROM payment"))
        told = Counter(
            (event["type"], event["subject"])
            for event in (json.loads(one) for (one,) in database.execute(EVENTS))
        )
        first = "SELECT number FROM billing_document WHERE correction = 0"
        expected = Counter(("InvoiceIssued", number) for (number,) in database.execute(first))
        more = numbers - {number for _, number in expected}
    expected.update(("InvoiceCorrected", number) for number in more)
    expected.update(("PaymentReceived", number) for number, _ in payments)
    if told != expected:
        return f"events are others than the documents: {(told - expected) + (expected - told)}"
    return forgotten(plant, numbers, payments)


EVENTS = "SELECT payload FROM outbox WHERE subject = 'event.billing'"


def forgotten(plant: Plant, numbers: set[str], payments: set[tuple[str, str]]) -> str:
    """Return what was answered and is not there, or nothing."""
    journal = plant.directory / JOURNAL
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    for task in map(json.loads, lines):
        is_kept = {"issue": task[-1] in numbers, "correct": task[-1] in numbers}
        is_kept["pay"] = (task[1], task[-1]) in payments
        if not is_kept.get(task[0], True):
            return f"{task} was answered and is lost"
    return ""


def completed(plant: Plant, processes: Processes) -> str:
    """Close the month with the command, twice at once; ask for everything else once more."""
    names = ("first", "second")
    codes = []
    for _ in range(TRIES_MAX):  # one that finds the database busy for too long says so and ends
        codes = processes.ended(processes.born([{"command": (MONTH, 1, name)} for name in names]))
        if Unavailable.exit_code not in codes:
            break
    for name in names:
        text = (plant.directory / name).read_text(encoding="utf-8")
        if not text:
            return f"the command ended with {codes} and said nothing"
        said = json.loads(text)
        if any(codes) or said["left"] or said["issued"] + said["found"] != len(plant.periods):
            return f"the command left something to bill: {codes} {said}"
    tasks: list[list[Any]] = [
        ["correct", *each] for each in plant.periods if plant.late[each[0][2:]]
    ]
    tasks += [["pay", number, *said, ref] for (number, ref), said in plant.paid.items()]
    shares = [{"tasks": tasks[at::LIVES]} for at in range(LIVES)]
    codes = processes.ended(processes.born(shares))
    return "" if set(codes) == {0} else f"the last processes ended with {codes}"


def proven(plant: Plant, application: Application, counts: Counter[str]) -> str:
    """Verify every document with its evidence, and add up those of each period."""
    audit = application.audit.verify_chain(LOCAL_OPERATOR)
    if audit.wrong_number is not None:
        return f"the audit chain is broken: {audit}"
    application.billing.trial_balance(LOCAL_OPERATOR)
    with snapshot(plant) as database:
        rows = database.execute(
            "SELECT contract, period_start, number, file FROM billing_document ORDER BY correction"
        ).fetchall()
        slices = sliced(database)
        counts["payments"] = database.execute("SELECT count(*) FROM payment").fetchone()[0]
    counts["documents"] = len(rows)
    if counts["payments"] != len(plant.paid):
        return f"{len(plant.paid)} payments were recorded, {counts['payments']} are there"
    periods: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for contract, start, number, file in rows:
        document = decode_file(file).document
        periods.setdefault((contract, start), []).append(document)
        report = application.evidence.report(LOCAL_OPERATOR, number)
        if report.exit_code:
            return f"{number} does not verify: {report}"
        net = sign(document) * minor(document["totals"]["net"])
        if slices.get(number, 0) != net:
            return f"the slices of {number} are {slices.get(number)}, not {net}"
    counts["periods"] = len(periods)
    for key, documents in periods.items():
        fault = added_up(documents)
        if fault:
            return f"the documents of {key} are not its last rating: {fault}"
    return ""


def added_up(documents: Sequence[dict[str, Any]]) -> str:
    """Compare all documents of a period with its last rating, line by line; tax is of each."""
    rating = documents[-1].get("rating", documents[-1])
    right = {line["id"]: minor(line["amount"]) for line in rating["lines"]}
    lines: Counter[str] = Counter()
    for document in documents:
        for line in document["lines"]:
            lines[line["id"]] += sign(document) * minor(line["amount"])
    if {name: amount for name, amount in lines.items() if amount} != {
        name: amount for name, amount in right.items() if amount
    }:
        return f"lines {dict(lines)}, not {right}"
    owed = sum(sign(each) * minor(each["totals"]["gross"]) for each in documents)
    off = 2 * abs(owed - minor(rating["totals"]["gross"]))
    return "" if off <= len(documents) + 1 else f"gross {owed}, not {rating['totals']}"


def sliced(database: sqlite3.Connection) -> dict[str, int]:
    """Return the sum of the slices of each document, in minor units."""
    query = "SELECT document, sum(amount_minor) FROM ledger_slice GROUP BY document"
    return dict(database.execute(query).fetchall())


def sign(document: dict[str, Any]) -> int:
    """A credit note takes away."""
    return -1 if document["type"] == "381" else 1


def minor(amount: str) -> int:
    """Return minor units; every currency here has two decimals."""
    return int(Decimal(amount) * 100)
