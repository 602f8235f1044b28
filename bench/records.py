"""What a measurement and a long run say, and the file that remembers it."""

import datetime as dt
import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results.jsonl"
PACE_BYTES = 1 << 22
PACE_ROUNDS = 9
LOOP_STEPS = 50_000
TELL_EVERY_S = 30
"""How often a long run says how far it is."""
AT_LEAST = "at least"
AT_MOST = "at most"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Promise:
    """One measured figure beside the limit that was promised, or beside a peer's figure.

    Attributes:
        name: the fixed name, such as `intake_1000`.
        value: what was measured, in `unit`.
        unit: such as `readings/s`, `ms`, `s`, `MB`.
        peer: `at least` or `at most` for a limit of our own, else who was measured.
        peer_value: the limit or the peer's figure, in `unit`; None where there is none.
    """

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None

    @classmethod
    def at_least(cls, name: str, value: float, unit: str, limit: float) -> "Promise":
        """Promise that the figure does not fall below a limit."""
        return cls(name, value, unit, AT_LEAST, limit)

    @classmethod
    def at_most(cls, name: str, value: float, unit: str, limit: float) -> "Promise":
        """Promise that the figure does not rise above a limit."""
        return cls(name, value, unit, AT_MOST, limit)

    @property
    def ratio(self) -> float | None:
        """The value divided by the limit's or the peer's."""
        return round(self.value / self.peer_value, 4) if self.peer_value else None

    @property
    def is_kept(self) -> bool:
        """Whether the limit is kept; a comparison with a peer has none."""
        if self.peer_value is None:
            return True
        if self.peer == AT_LEAST:
            return self.value >= self.peer_value
        return self.peer != AT_MOST or self.value <= self.peer_value

    def line(self) -> str:
        """Say `name value unit`, the peer or limit, and the ratio."""
        text = f"{self.name} {shown(self.value)} {self.unit}"
        if self.peer is None or self.peer_value is None:
            return text
        verdict = "" if self.is_kept else "  NOT KEPT"
        return f"{text}  ({self.peer} {shown(self.peer_value)}, ratio {self.ratio}){verdict}"

    def record(self) -> dict[str, Any]:
        """Return the promise as it is remembered, without place and time."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "peer": self.peer,
            "peer_value": self.peer_value,
            "ratio": self.ratio,
        }


@dataclass(frozen=True)
class Outcome:
    """What a long run found.

    Attributes:
        is_ok: whether every promise of the run held.
        detail: one line for a person; what was lost or doubled, where it was not.
        counts: what was done and found, such as `{"kills": 40, "lost": 0}`.
    """

    is_ok: bool
    detail: str
    counts: dict[str, int] = field(default_factory=dict)


def told(items: Iterable[Item], total: int) -> Iterator[Item]:
    """Give the items one by one, and say on standard error from time to time how far this is."""
    last = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            print(f"  {done} of {total}, {100 * done // total} %", file=sys.stderr, flush=True)
        yield item


def shown(value: float) -> str:
    """Write a figure with four significant digits, large ones whole, never with an exponent."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{Decimal(f'{value:.4g}'):f}"


def now() -> str:
    """Return the present second as RFC 3339; measurements are of the real world."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def load() -> float:
    """Return how many processes wanted a core during the last minute: a busy machine explains."""
    return round(os.getloadavg()[0], 2)


def pace() -> float:
    """Return what one core takes now for SHA-256 over `PACE_BYTES`, in ms.

    A virtual machine's cores are as fast as its neighbours let them be: figures of different days
    can be compared where the pace beside them, and the processor, is the same.
    """
    data = bytes(PACE_BYTES)
    return _median_ms(lambda: hashlib.sha256(data).digest())


def loop() -> float:
    """Return what this Python takes now for a loop of `LOOP_STEPS`, in ms.

    One that was built without profile-guided optimisation, as build scripts do it where nobody has
    asked for more, takes 1.4 times as long as those that distributions ship.
    """
    return _median_ms(_count)


def _count() -> None:
    total, seen = 0, {}
    for number in range(LOOP_STEPS):
        total += number * 3 // 2
        seen[number % 1_000] = total


def _median_ms(work: Callable[[], object]) -> float:
    found = []
    for _ in range(PACE_ROUNDS):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return round(1_000 * statistics.median(found), 1)


def beside() -> dict[str, Any]:
    """Return what stands beside a figure: how busy and how fast the machine is, and the commit."""
    return {"load": load(), "pace": pace(), "loop": loop(), "cpu": cpu(), "commit": commit()}


def cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the name of the processor, and whether it has instructions for SHA-256.

    With them `pace` is a quarter of what it is without, and a Python loop as slow as ever.
    """
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    fields = dict(re.findall(r"^([^\t\n:]+)\s*: (.*)$", text, re.MULTILINE))
    name = fields.get("model name", platform.machine())
    return f"{name}, SHA" if "sha_ni" in fields.get("flags", "").split() else name


def commit() -> str:
    """Return the commit that is measured, with `-dirty` where other files differ from it."""
    name = git("rev-parse", "--short=12", "HEAD")
    # the results themselves change with every measurement
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results.jsonl")
    return f"{name}-dirty" if changes else name or "unknown"


def git(*arguments: str) -> str:
    """Return what git says, nothing outside a clone."""
    command = ["git", *arguments]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def append(record: dict[str, Any], *, path: Path = RESULTS) -> None:
    """Append one JSON object as a line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
