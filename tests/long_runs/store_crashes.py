"""kill -9 at every fsync, rename, unlink and commit of a store that commits and compacts.

One process stores a day and compacts it through all levels; it is killed at point 1, 2, 3 … until
it has passed all of them. After each kill, every other time after a power cut that also takes what
nobody had synced, the store is opened again: what was acknowledged is there, every proof holds, no
file is left over, and the work goes on to the same end.
"""

import multiprocessing
import random
import signal
import tempfile
from pathlib import Path

from bench.records import Outcome, told
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.model import RangeQuery
from tests.platform.historian import crasher
from tests.platform.historian.crashpoints import NEVER, cut_power
from tests.platform.historian.house import ACTOR, HOUR, START, House, Source

FULL = 1_000_000
"""As many as there are: the run ends when the process passes no further point."""
SLICE = 50_000
"""Five per cent of the points, drawn by the seed."""
PERIOD = Period(START, Instant(START + 48 * HOUR))
DEADLINE_S = 60
# Each life is forked from a process that has imported everything and done nothing yet.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([crasher.__name__])


def run(count: int, seed: int) -> Outcome:
    """Kill at `count` of each million points, drawn by the seed."""
    rng = random.Random(seed)
    source = crasher.plant()
    with tempfile.TemporaryDirectory(prefix="lineshaft-crashes-") as name:
        directory = Path(name)
        points, expected = reference(directory / "whole", source)
        chosen = rng.sample(range(1, points + 1), max(1, points * count // FULL))
        cuts = 0
        for number, point in enumerate(told(sorted(chosen), len(chosen))):
            is_cut = number % 2 == 1
            cuts += is_cut
            fault = crashed(directory / str(point), source, point, expected, is_cut=is_cut)
            if fault:
                how = "power cut" if is_cut else "kill"
                return Outcome(is_ok=False, detail=f"{how} at point {point} of {points}: {fault}")
    return Outcome(
        is_ok=True, detail="", counts={"points": points, "kills": len(chosen), "power_cuts": cuts}
    )


def reference(directory: Path, source: Source) -> tuple[int, list[object]]:
    """Let a process live to its end; return the points it passed and what is stored then."""
    directory.mkdir()
    assert lived(directory, NEVER) == 0, "a life without a kill did not come to its end"
    house = opened(directory, source)
    (passed,) = numbers(directory, crasher.PASSED)
    return passed, stored(house)


def lived(directory: Path, point: int) -> int | None:
    """Let a process live until it is killed at a point; return how it ended."""
    life = PROCESSES.Process(target=crasher.live, args=(directory, point))
    life.start()
    life.join(DEADLINE_S)
    ended = life.exitcode
    life.kill()
    return ended


def numbers(directory: Path, word: str) -> list[int]:
    """Return what the journal of a life has noted behind a word."""
    lines = (directory / crasher.JOURNAL).read_text(encoding="utf-8").splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith(word)]


def crashed(
    directory: Path, source: Source, point: int, expected: list[object], *, is_cut: bool
) -> str:
    """Kill at a point; return what is wrong afterwards, or nothing."""
    directory.mkdir()
    ended = lived(directory, point)
    if ended != -signal.SIGKILL:
        return f"it ended with {ended}"
    if is_cut:
        cut_power(directory / "store", directory / crasher.JOURNAL)
    acknowledged = numbers(directory, crasher.ACKNOWLEDGED)
    house = opened(directory, source)
    fault = judged(house, source, max(acknowledged, default=0))
    if not fault:
        crasher.work(house, source)
        fault = judged(house, source, len(source.segments))
        if not fault and stored(house) != expected:
            fault = "after going on, other readings are stored than without the crash"
    house.database.close()
    return fault


def opened(directory: Path, source: Source) -> House:
    house = crasher.open_house(directory)
    house.know(source)
    house.merger.clear_orphans()
    return house


def judged(house: House, source: Source, acknowledged: int) -> str:
    """Return what is wrong with a store, or nothing."""
    report, totals = house.historian.check(ACTOR), house.historian.totals(ACTOR)
    mark = crasher.mark(house, source)
    if not report.is_ok:
        return "; ".join(report.faults[:3])
    if mark < acknowledged:
        return f"{acknowledged} segments were acknowledged, {mark} are stored"
    if totals.lost or totals.duplicated:
        return f"lost {totals.lost}, duplicated {totals.duplicated}"
    return ""


def stored(house: House) -> list[object]:
    """Return everything that is stored, as an outsider sees it."""
    tables = [
        house.historian.readings(ACTOR, RangeQuery(SignalId(f"m1/s{number}"), PERIOD))
        for number in range(3)
    ]
    return [table.to_pylist() for table in tables]
