"""The whole plant as real processes, with a machine beside it, to be killed and frozen."""

import contextlib
import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import psutil

from bench.records import told
from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.program import ready_path
from lineshaft.cli.demo_plant import prepare_plant
from lineshaft.core.period import Instant
from lineshaft.infrastructure.bus.consumer import PULL_TIMEOUTS
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.settings import load_settings
from lineshaft.network.edge.model import RESEND_S
from lineshaft.security.authorisation.model import LOCAL_OPERATOR

_T = TypeVar("_T")
POLL_S = 0.05
"""A look at the historian is a query, and several programs wait for the processor."""
STOP_S_MAX = 5.0
STALL_S_MAX = 90.0
"""No step of a run takes longer without something being wrong, on a busy machine either."""
BUS_TIMEOUT_MS = 1_000
FREEZE_S = 0.5 + max(
    (PULL_TIMEOUTS + 1) * BUS_TIMEOUT_MS / 1_000,
    RESEND_S,
)
"""Longer than every time-out of a client of the bus."""
SUPERVISOR = "supervisor"
LITTER_FILES = 10_000
"""Enough that an edge often asks for its mark while intake clears them away."""
FREEZE = "freeze"
KILLS_PER_FREEZE = 8
KILL_S = 7.0
"""Replay per kill: the plant should be at work again when the next one comes, mostly."""
DAY_S_AT_100 = 357
"""How long the recorded day lasts at 100 times its speed, with pauses cut to 1 s."""
SETTINGS = {"seal_s": 1, "beat_s": 1, "bus_timeout_ms": BUS_TIMEOUT_MS}


class Plant:
    """Everything that `lineshaft up` starts in one directory, and the replayer outside of it."""

    def __init__(self, directory: Path, machine: list[str], **settings: object) -> None:
        """Prepare a plant in `directory` for the machine that `machine_command` plays."""
        self.directory, self._machine = directory, machine
        self._is_live = "--hold" not in machine
        settings = SETTINGS | settings
        self.settings = load_settings({}, data_dir=directory / "data", **settings)
        self.log = directory / "up.log"
        self._stack = contextlib.ExitStack()
        self.application: Application
        self._up: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            port_file = self.directory / "machine.port"
            self._replayer = subprocess.Popen([*self._machine, "--port-file", str(port_file)])
            stack.callback(self.end_machine)
            wait_for(port_file.exists, "the machine")
            self.application = build(self.settings)
            stack.callback(self.application.database.close)
            port, files = int(port_file.read_text()), self.directory / "plant"
            prepare_plant(self.application, files, port, is_live=self._is_live)
            self.start()
            stack.callback(self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def end_machine(self) -> None:
        """End the replayer: the machine is silent from now on."""
        self._replayer.kill()
        self._replayer.wait()

    def start(self) -> None:
        """Start `up`; it is not waited for."""
        command = [sys.executable, "-m", "lineshaft.cli", "up"]
        command += ["--data", str(self.settings.data_dir)]
        environment = os.environ | self.settings.to_environment()
        with self.log.open("ab") as log:
            self._up = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    @property
    def up(self) -> "subprocess.Popen[bytes]":
        """The process of the supervisor."""
        assert self._up is not None
        return self._up

    def check_alive(self) -> None:
        """Fail with the last lines of the log when `up` has ended by itself."""
        if self.up.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2_000:]
            msg = f"up ended by itself with exit code {self.up.returncode}: {tail}"
            raise AssertionError(msg)

    def programs(self) -> dict[str, psutil.Process]:
        """Return the children of the present supervisor that run now, by name."""
        self.check_alive()
        try:
            state = json.loads((self.settings.run_dir / "supervisor.json").read_bytes())
        except FileNotFoundError:
            return {}
        found = {}
        for program in state["programs"] if state["pid"] == self.up.pid else ():
            with contextlib.suppress(psutil.Error, TypeError):  # TypeError: it has no process now
                process = psutil.Process(program["pid"])
                if process.ppid() == self.up.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found[program["name"]] = process
        return found

    def is_ready(self) -> bool:
        """Tell whether all programs have said that they are."""
        self.check_alive()
        try:
            state = json.loads((self.settings.run_dir / "supervisor.json").read_bytes())
        except FileNotFoundError:
            return False
        is_ours = state["pid"] == self.up.pid
        return is_ours and all(one["state"] == "ready" for one in state["programs"])

    def program(self, name: str) -> psutil.Process:
        """Wait until a program runs, and return its process."""
        return wait_for(lambda: self.programs().get(name), name)

    def kill(self, name: str) -> None:
        """End a program with kill -9; the supervisor takes all others with it, and comes back."""
        if name != SUPERVISOR:
            process = self.program(name)
            process.kill()
            process.wait(STOP_S_MAX)
            return
        wait_for(self.programs, "a child of the supervisor")
        children = list(self.programs().values())
        self.up.kill()
        self.up.wait()
        _, alive = psutil.wait_procs(children, timeout=STOP_S_MAX)
        assert not alive, f"these outlive their supervisor: {alive}"
        self._litter()
        self.start()

    def _litter(self) -> None:
        """Leave files as an intake that dies in a large import does: a long recovery."""
        day = self.settings.files_dir / "0"
        day.mkdir(parents=True, exist_ok=True)
        for number in range(LITTER_FILES):
            (day / f"{number}-f_litter.parquet").touch()

    def freeze_bus(self) -> None:
        """Stop the bus for longer than every time-out, then kill it.

        It is held until edge and intake have noticed, too: a freeze nobody sees proves nothing.
        """
        bus = self.program("bus")
        bus.suspend()
        frozen_s = time.monotonic()
        wait_for(
            lambda: (
                time.monotonic() > frozen_s + FREEZE_S
                and not any(map(self.is_connected, ("edge", "intake")))
            ),
            "edge and intake to notice that the bus is frozen",
        )
        bus.kill()

    def is_connected(self, program: str) -> bool:
        """Ask a program whether it is connected to the bus."""
        return "lineshaft_bus_connected 1.0" in self.telemetry(program, "metrics")

    def telemetry(self, program: str, page: str) -> str:
        """Return a page of a program's telemetry; empty when it does not answer."""
        try:
            port = int(ready_path(self.settings, program).read_text())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except (OSError, ValueError):
            return ""

    def spooled(self) -> int:
        """Return the sequence of the last record on the edge's disk; 0 before there is a spool."""
        return self._spool("SELECT last_sequence FROM state")

    def is_spool_open(self) -> bool:
        """Tell whether an edge works with the spool, or was not stopped cleanly."""
        return bool(self._spool("SELECT is_open FROM state"))

    def is_settled(self) -> bool:
        """Tell whether every signal says that the machine is gone, and all of that is stored."""
        last = self._spool(
            "SELECT last_sequence FROM state WHERE (SELECT min(is_lost) FROM last_readings) = 1"
        )
        return 0 < last == self.stored()

    def _spool(self, query: str) -> int:
        path = self.settings.edge_dir / "edge-1.sqlite"
        with contextlib.suppress(sqlite3.OperationalError):
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            with contextlib.closing(database):
                row = database.execute(query).fetchone()
                return int(row[0]) if row else 0
        return 0

    def stored(self) -> int:
        """Return how many records the marks of the historian announce."""
        marks = self.application.historian.marks(LOCAL_OPERATOR)
        return sum(mark.sequence for mark in marks.values())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Stop cleanly, and return how many seconds that took."""
        children = list(self.programs().values())
        began_s = time.monotonic()
        self.up.send_signal(number)
        code = self.up.wait(2 * STOP_S_MAX)
        took_s = time.monotonic() - began_s
        assert code == 0, f"up ended with exit code {code}"
        assert took_s < STOP_S_MAX, f"up took {took_s:.1f} s to stop"
        assert not [one for one in children if one.is_running()], "a child outlives a clean stop"
        assert not self.is_spool_open(), "the edge has not closed its spool"
        return took_s

    def _end(self) -> None:
        self.up.kill()
        self.up.wait()


def machine_command(recording: Path, speed: int, hold: int | None = None) -> list[str]:
    """Return the command that plays a machine.

    Args:
        recording: what it says.
        speed: how many times as fast.
        hold: most lines ahead of the edge's disk; None: it waits for nobody, and speaks of now.
    """
    module = "lineshaft.network.connectors.mtconnect.replay"
    command = [sys.executable, "-m", module, str(recording), "--speed", str(speed)]
    return [*command, "--restamp"] if hold is None else [*command, "--hold", str(hold)]


@dataclass(frozen=True)
class Stroke:
    """What was done to the plant, and when it was over."""

    what: str
    at: Instant


class Killer:
    """Strikes at moments that a seed chooses, by how far edge or historian have come."""

    def __init__(
        self, plant: Plant, rng: random.Random, lines: int, step_max: int = 1_000_000
    ) -> None:
        """Strike while the machine plays `lines`, at most every `step_max` records."""
        self._plant, self._rng, self._lines, self._step_max = plant, rng, lines, step_max
        self.strokes: list[Stroke] = []

    def strike(self, plan: list[str]) -> None:
        """Carry out a plan of victims and freezes, all of it before the day is over."""
        for left in told(range(len(plan), 0, -1), len(plan)):
            what = plan[-left]
            self._wait_progress(left)
            if what == FREEZE:
                self._plant.freeze_bus()
            else:
                self._plant.kill(what)
            self.strokes.append(Stroke(what, SystemClock().now()))

    def _wait_progress(self, left: int) -> None:
        """Wait until one of the two counters has moved by a random share of what is left."""
        counters = [self._plant.stored, self._plant.spooled]
        counter = self._rng.choice([one for one in counters if one() < self._lines] or counters[:1])
        start = counter()
        assert start < self._lines, f"the day was over with {left} strokes to go: replay slower"
        # half of it on average, as the plant catches up in leaps
        share = (self._lines - start) // (left + 1)
        goal = start + self._rng.randint(1, max(1, min(share, self._step_max)))
        wait_for(lambda: counter() >= goal, f"{counter.__name__} to reach {goal}", self._plant)

    def counts(self) -> dict[str, int]:
        """Return how often each thing was done."""
        done = Counter(stroke.what for stroke in self.strokes)
        kills = {f"{name}_kills": done[name] for name in sorted(done) if name != FREEZE}
        return {"kills": sum(kills.values()), "freezes": done[FREEZE], **kills}


def planned(count: int, victims: tuple[str, ...], rng: random.Random) -> list[str]:
    """Return `count` kills, spread evenly over the victims, and the freezes, in random order."""
    kills = [victims[number % len(victims)] for number in range(rng.randrange(4), 4 + count)][
        :count
    ]
    plan = kills + [FREEZE] * freezes(count)
    rng.shuffle(plan)
    return plan


def freezes(count: int) -> int:
    """Return how many freezes come with so many kills."""
    return max(1, count // KILLS_PER_FREEZE)


def speed_for(count: int) -> int:
    """Return the speed at which the day is long enough for so many kills and their freezes."""
    wanted_s = count * KILL_S + freezes(count) * FREEZE_S
    return math.ceil(DAY_S_AT_100 * 100 / wanted_s)


def wait_for(
    condition: Callable[[], _T], what: str, plant: Plant | None = None, seconds: float = STALL_S_MAX
) -> _T:
    """Wait until a condition holds and return what it says; fail when that takes too long."""
    deadline_s = time.monotonic() + seconds
    while not (value := condition()):
        if plant is not None:
            plant.check_alive()
        assert time.monotonic() < deadline_s, f"waited {seconds:.0f} s for {what}"
        time.sleep(POLL_S)
    return value
