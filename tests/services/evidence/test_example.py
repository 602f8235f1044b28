"""The checker that imports nothing of lineshaft agrees with us."""

import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.core.period import US_PER_S, Instant, Period
from tests.services.contracts.examples import TERMS, contract
from tests.services.evidence.plant import MINUTE_US, build_plant, recorded_day
from tests.services.evidence.test_records import late_records
from tests.services.evidence.world import (
    CUTTING,
    HOUR_US,
    PERIOD,
    Recorder,
    World,
    make_world,
    usage_of,
)
from tests.services.hub import FINANCE

CHECKER = Path(__file__).parents[3] / "examples" / "verify_bundle.py"
LINES_MAX = 255
NOT_ALL = "authentic, but NOT ALL USAGE WAS CHECKED: lineshaft verify"
NOON = "2017-06-22T12:00:00Z"
EXCHANGE = {"id": "wo-1", "signal": "mazak01/cut_time", "at": "2017-06-22T12:00:01Z", "unit": "SEC"}
EXCHANGE |= {"old_final": "20000", "new_start": "1", "reference": "WO-1"}


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
    assert done.returncode == 3, done.stderr
    assert done.stdout.splitlines() == [
        "cutting-time: 54 signed records, evidence root ok",
        "cutting-time: 28800 SEC, as billed",
        "execution: 54 signed records, evidence root ok",
        "execution: 86400 SEC NOT CHECKED: a meter of the kind state_duration",
        NOT_ALL,
    ]
    without = contract(terms={**TERMS, "guarantee": None})
    done = run(make_world(plain_day, agreed=without), tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ok"), done.stderr


def test_it_says_what_it_cannot_judge(tmp_path: Path) -> None:
    """The usual day has a correction, which the checker leaves to lineshaft."""
    done = run(make_world(), tmp_path)
    assert done.returncode == 3, done.stderr
    assert "SEC NOT CHECKED: corrected readings" in done.stdout
    assert done.stdout.splitlines()[-1] == NOT_ALL


@pytest.mark.parametrize(
    ("field", "value"), [("estimates", [{"id": "e-1"}]), ("metered_us", 1), ("of_tomorrow", "x")]
)
def test_a_fact_that_it_does_not_know_is_never_ok(
    tmp_path: Path, field: str, value: object
) -> None:
    world = make_world(plain_day)
    usage = world.content()["usage"]
    changed = world.resigned(usage=[usage[0] | {field: value}, *usage[1:]])
    done = run(changed, tmp_path)
    assert done.returncode == 3, done.stderr
    assert f"NOT CHECKED: {field}" in done.stdout
    assert done.stdout.splitlines()[-1] == NOT_ALL


@pytest.mark.engine
@pytest.mark.timeout(60)
def test_it_counts_with_clock_offsets_and_exchanges(tmp_path: Path) -> None:
    plant = build_plant(tmp_path, recorded_day())
    billing, evidence = late_records(plant, 1_460, ahead_us=20 * US_PER_S)
    later = Period(PERIOD.end, Instant(PERIOD.end + 40 * MINUTE_US))
    document = billing.issue(FINANCE, "c-1001", later)
    bundle = evidence.bundle(FINANCE, document.number)
    world = World(document.file, bundle, plant.keys(), proofs=())
    usage = world.content()["usage"][0]
    assert usage["clock_offsets"]
    assert usage["exchanges"]
    done = run(world, tmp_path)
    assert done.returncode == 3, done.stderr
    assert "cutting-time: 1200 SEC, as billed" in done.stdout


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (
            {"clock_offsets": [{"source": "edge-1", "valid_from": NOON, "offset_us": 90_000_000}]},
            "adds up to 28830",
        ),
        ({"exchanges": [EXCHANGE]}, "adds up to"),
    ],
    ids=["an offset", "an exchange"],
)
def test_a_fact_that_the_quantity_does_not_follow_from_is_found(
    tmp_path: Path, facts: dict[str, object], found: str
) -> None:
    world = make_world(plain_day)
    usage = world.content()["usage"]
    done = run(world.resigned(usage=[usage[0] | facts, *usage[1:]]), tmp_path)
    assert done.returncode == 1
    assert found in done.stderr


def test_it_finds_evidence_that_begins_within_the_period(tmp_path: Path) -> None:
    world = make_world(plain_day)
    others = [one for one in world.proofs if one.signal != CUTTING]
    later = [one for one in world.proofs if one.signal == CUTTING][1:]
    record = usage_of(contract().meters()[0], later).to_content()
    lying = world.with_proofs([*others, *later])
    done = run(lying.resigned(usage=[record, *world.content()["usage"][1:]]), tmp_path)
    assert done.returncode == 1
    assert "the records of cutting-time begin within the period" in done.stderr


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
