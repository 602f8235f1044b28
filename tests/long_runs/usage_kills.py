"""kill -9 of the process that records usage events, with resends: none lost, none counted twice.

Case 4 of the specification: a producer sends batches of fifty events and sends again whatever it
has no answer for, and now and then what it has one for. The process that records them, three
batches at a time in shared commits, is killed at random moments; at the end every event is there
once, the sum is exact, and every id stands at the record that carries its event.
"""

import contextlib
import random
import subprocess
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from bench.records import Outcome, told
from lineshaft.core.pages import PageRequest
from lineshaft.platform.historian.usage.tables import USAGE_EVENT
from tests import lean
from tests.platform.historian.house import ACTOR, House
from tests.platform.historian.recorder import BATCH
from tests.platform.historian.usage_house import ENGINEER, PRODUCER, total, usage_of

FULL = 40
SLICE = 3

EVENTS_PER_KILL = 5_000
"""200,000 events in all 40 kills."""
AHEAD = 6
"""Batches that are sent before their answers are waited for."""
RESENT = 0.1
DEADLINE_S_PER_KILL = 60


class Recorder:
    """The process, and what it has said."""

    def __init__(self, directory: Path) -> None:
        command = lean.command("tests.platform.historian.recorder", str(directory))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **pipes)
        self.answered: dict[int, tuple[int, int]] = {}
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # a line that a kill has cut
                batch, new, known = map(int, line.split())
                with self._heard:
                    self.answered[batch] = new, known
                    self._heard.notify_all()

    def send(self, batch: int) -> None:
        self._process.stdin.write(f"{batch}\n")
        self._process.stdin.flush()

    def wait(self, count: int, deadline_s: float) -> None:
        """Wait until so many batches were answered."""
        with self._heard:
            if not self._heard.wait_for(lambda: len(self.answered) >= count, deadline_s):
                msg = f"{len(self.answered)} of {count} batches were answered in {deadline_s} s"
                raise AssertionError(msg)

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # what nobody will read
            self._process.stdin.close()
        self._process.wait()
        self._listener.join()
        self._process.stdout.close()


def run(count: int, seed: int) -> Outcome:
    """Kill the recording process `count` times."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lineshaft-usage-") as name:
        directory = Path(name)
        House(directory)
        last = count * EVENTS_PER_KILL // BATCH
        todo = list(range(last))
        answered: set[int] = set()
        lies = 0
        for kill in told(range(count + 1), count + 1):
            share = todo if kill == count else todo[: EVENTS_PER_KILL // BATCH]
            again = rng.sample(sorted(answered), int(RESENT * len(answered)))[:AHEAD]
            heard = killed(directory, again + share, rng if kill < count else None)
            # What was answered before must be known now: anything new in it was lost.
            lies += sum(new for batch, (new, _) in heard.items() if batch in answered)
            answered |= heard.keys()
            todo = [batch for batch in todo if batch not in answered]
        return judged(House(directory), last * BATCH, count, lies)


def killed(
    directory: Path, batches: list[int], rng: random.Random | None
) -> dict[int, tuple[int, int]]:
    """Send batches; kill the process somewhere on the way, or let it end when there is no `rng`."""
    recorder = Recorder(directory)
    stop = len(batches) if rng is None else rng.randrange(len(batches))
    for sent, batch in enumerate(batches):
        if sent == stop:
            break
        recorder.send(batch)
        recorder.wait(min(sent - AHEAD, len(set(batches)) - 1), DEADLINE_S_PER_KILL)
    if rng is None:
        recorder.end()
    else:
        # Some batches are under way: the moment decides how far their commits have come.
        for batch in batches[stop : stop + AHEAD]:
            recorder.send(batch)
        time.sleep(rng.uniform(0, 0.05))
        recorder.kill()
    return recorder.answered


def judged(house: House, sent: int, kills: int, lies: int) -> Outcome:
    """Count from the files, add up, and look up the record of every id."""
    wrong = misplaced(house)
    totals, report = house.historian.totals(ACTOR), house.historian.check(ACTOR)
    with house.database.read() as connection:
        ids = connection.scalar(sa.select(sa.func.count()).select_from(USAGE_EVENT)) or 0
    is_exact = total(house) == Decimal(sent) / 10
    counts = {
        "kills": kills,
        "events": sent,
        "lost": sent - totals.distinct,
        "doubled": totals.records - totals.distinct,
        "ids": ids,
        "misplaced": wrong,
        "answered_and_lost": lies,
    }
    is_ok = totals.records == totals.distinct == ids == sent and report.is_ok
    is_ok = is_ok and is_exact and not wrong and not lies
    return Outcome(is_ok=is_ok, detail="; ".join(report.faults[:3]), counts=counts)


def misplaced(house: House) -> int:
    """Count the ids whose record carries another event: the instant follows from the id."""
    usage, after, wrong, first = usage_of(house), "", 0, None
    while True:
        page = usage.page(ENGINEER, PRODUCER, PageRequest(500, after))
        for one in page.items:
            number = int(one.id.removeprefix("e-"))
            start = None if one.ts is None else one.ts - number * 1_000_000
            first = start if first is None else first
            wrong += start is None or start != first
        if page.next is None:
            return wrong
        after = page.next
