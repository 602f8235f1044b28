"""kill -9 and freezes of the plant with a live machine that waits for nobody.

What such a machine said to an edge that was not there is gone; but nothing that reached the spool
is lost or double, and each cut of the edge shows as unavailable, signal by signal.
"""

import random
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from bench.records import Outcome
from lineshaft.cli.demo_check import MACHINE
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.reading import RecordKind, StatusCode
from lineshaft.network.connectors.mtconnect.replay import read_lines
from lineshaft.network.connectors.service import sample_day
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.long_runs._plant import Killer, Plant, machine_command, planned, wait_for

FULL = 40
SLICE = 3

VICTIMS = ("edge", "bus", "intake")
SPEED = 600
DAYS = 15
"""At this speed a day lasts a minute: more than the longest run on a busy machine."""
STEP_RECORDS_MAX = 4_000
_ALL_TIME = Period(Instant(0), Instant(4_102_444_800 * US_PER_S))
_Row = tuple[int, int, int]
"""Effective instant, kind, status of a record, in order."""


def run(count: int, seed: int) -> Outcome:
    """Kill `count` times; freeze once for every eight kills, and at least once."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lineshaft-plant-") as name:
        recording = Path(name) / "days.txt"
        lines = write_days(recording)
        with Plant(Path(name), machine_command(recording, SPEED)) as plant:
            killer = Killer(plant, rng, lines, STEP_RECORDS_MAX)
            killer.strike(planned(count, VICTIMS, rng))
            last = plant.spooled()
            wait_for(lambda: plant.spooled() > last, "the edge to go on", plant)
            plant.end_machine()
            wait_for(plant.is_settled, "the spool to be stored", plant)
            return judged(plant, killer)


def write_days(path: Path) -> int:
    """Write the recorded day again and again, as a live machine has no end; return its lines."""
    day = list(read_lines(sample_day()[0]))
    path.write_bytes((b"\n".join(day) + b"\n") * DAYS)
    return len(day) * DAYS


def judged(plant: Plant, killer: Killer) -> Outcome:
    """Compare spool and historian, look at each cut in each series, and stop cleanly."""
    historian = plant.application.historian
    totals, last = historian.totals(LOCAL_OPERATOR), plant.spooled()
    epochs = len(historian.marks(LOCAL_OPERATOR))
    cuts = [stroke.at for stroke in killer.strokes if stroke.what == "edge"]
    shown, wrong = 0, list(historian.check(LOCAL_OPERATOR).faults[:3])
    for signal, rows in series(plant):
        seen, silent = judged_series(rows, cuts)
        shown += seen
        wrong += [f"{signal} does not show the cut at {cut}" for cut in silent]
        said = sum(kind == RecordKind.STATUS for _, kind, _ in rows)
        if said > len(cuts) + 1:  # the end of the machine is one, too
            wrong.append(f"{signal} was unavailable {said} times")
    counts = {
        "spooled": last,
        "lost": last - totals.distinct,
        "duplicated": totals.records - totals.distinct,
        "epochs": epochs,
        "cuts": len(cuts),
        "cuts_shown": shown,
    }
    stored_once = totals.records == totals.distinct == totals.announced == last
    plant.stop()
    is_ok = stored_once and epochs == 1 and not wrong and shown >= len(cuts)
    return Outcome(is_ok=is_ok, detail="; ".join(wrong[:5]), counts=killer.counts() | counts)


def series(plant: Plant) -> Iterator[tuple[str, list[_Row]]]:
    """Yield readings and status records of each signal of the machine."""
    machine = plant.application.twin.machine(LOCAL_OPERATOR, MACHINE)
    for signal in machine.signals:
        wanted = RangeQuery(signal.id, _ALL_TIME, include_before=False, include_after=False)
        table = plant.application.historian.readings(LOCAL_OPERATOR, wanted)
        columns = (table.column(name).to_pylist() for name in ("ts", "kind", "status"))
        kinds = {RecordKind.READING, RecordKind.STATUS}
        yield signal.id, [row for row in zip(*columns, strict=True) if row[1] in kinds]


def judged_series(rows: list[_Row], cuts: list[Instant]) -> tuple[int, list[Instant]]:
    """Return how many cuts a series shows as unavailable, and those that it does not show."""
    instants = [row[0] for row in rows]
    seen, silent = 0, []
    for cut in cuts:
        before = bisect_right(instants, cut)
        if not before:
            continue  # the signal had not said anything yet
        _, kind, status = rows[before - 1]
        if (kind, status) == (RecordKind.STATUS, StatusCode.BAD_NO_COMMUNICATION):
            seen += 1
        else:
            silent.append(cut)
    return seen, silent
