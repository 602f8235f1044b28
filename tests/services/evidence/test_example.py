"""The checker that imports nothing of lineshaft agrees with us."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.evidence.world import HOUR_US, PERIOD, Recorder, World, make_world

CHECKER = Path(__file__).parents[3] / "examples" / "verify_bundle.py"
LINES_MAX = 200


def run(world: World, folder: Path) -> subprocess.CompletedProcess[str]:
    names = []
    for name in ("document", "bundle", "keys"):
        path = folder / f"{name}.json"
        path.write_bytes(getattr(world, name))
        names.append(str(path))
    # -I: neither this repository nor the user's packages are on the path
    command = [sys.executable, "-I", str(CHECKER), *names]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def plain_day(recorder: Recorder) -> None:
    for step in range(54):
        ts = PERIOD.start - HOUR_US + step * HOUR_US // 2
        recorder.count(ts, 1_000 + 600 * step)
        recorder.state(ts + 1, "ACTIVE")


def test_it_adds_up_the_counter_as_billed(tmp_path: Path) -> None:
    done = run(make_world(plain_day), tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "cutting-time: 54 signed records, evidence root ok",
        "cutting-time: 28800 SEC, as billed",
        "execution: 54 signed records, evidence root ok",
        "ok",
    ]


def test_it_says_what_it_cannot_judge(tmp_path: Path) -> None:
    """The usual day has a correction, which the checker leaves to lineshaft."""
    done = run(make_world(), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["document", "bundle", "keys"])
def test_it_finds_a_changed_file(tmp_path: Path, name: str) -> None:
    world = make_world(plain_day)
    data = bytearray(getattr(world, name))
    data[len(data) * 2 // 3] ^= 1
    changed = {"document": world.document, "bundle": world.bundle, "keys": world.keys}
    done = run(World(**(changed | {name: bytes(data)}), proofs=()), tmp_path)
    assert done.returncode != 0


def test_it_finds_a_dropped_block(tmp_path: Path) -> None:
    world = make_world(plain_day)
    done = run(world.with_proofs(world.proofs[:-1]), tmp_path)
    assert "records from" in done.stderr
    assert "are missing" in done.stderr


def test_it_is_short_and_imports_nothing_of_ours() -> None:
    text = CHECKER.read_text(encoding="utf-8")
    assert "import lineshaft" not in text
    assert "from lineshaft" not in text
    assert len(text.splitlines()) <= LINES_MAX
