"""kill -9 and freezes of the whole plant, with hold: nothing lost, nothing doubled, end to end.

`lineshaft up` runs as real processes while a replayer plays the shipped day, at most `HOLD_LINES`
ahead of the edge's disk. Edge, bus, intake and the supervisor are killed, and the bus is frozen for
longer than every time-out, then killed. At the end every figure of the demo's check must be right,
down to the invoice and its proof.
"""

import random
import tempfile
from pathlib import Path

from bench.records import Outcome
from lineshaft.cli.demo_check import check_demo, recorded_observations
from lineshaft.cli.demo_plant import issue_invoice, observations_stored
from lineshaft.network.connectors.service import sample_day, sample_day_lines
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.long_runs._plant import (
    SUPERVISOR,
    Killer,
    Plant,
    machine_command,
    planned,
    speed_for,
    wait_for,
)

FULL = 40
SLICE = 3

HOLD_LINES = 2_000
SPOOL_MB = 1
"""While the hub is away, a full spool soon holds the machine: every stroke falls into the day."""
VICTIMS = ("edge", "bus", "intake", SUPERVISOR)
EXPECTED = {
    "observations": "100179",
    "readings": "100158",
    "refused": "21",
    "skew_corrected": "64",
    "lost": "0",
    "duplicated": "0",
    "cut_time_s": "12578",
    "active_s": "13521.795246",
    "total": "267.54 EUR",
    "proof": "ok",
}


def run(count: int, seed: int) -> Outcome:
    """Kill `count` times; freeze once for every eight kills, and at least once."""
    rng = random.Random(seed)
    machine = machine_command(sample_day()[0], speed_for(count), HOLD_LINES)
    with (
        tempfile.TemporaryDirectory(prefix="lineshaft-plant-") as name,
        Plant(Path(name), machine, spool_max_mb=SPOOL_MB) as plant,
    ):
        lines = sample_day_lines()
        killer = Killer(plant, rng, lines)
        killer.strike(planned(count, VICTIMS, rng))
        wait_for(lambda: observations_stored(plant.application, lines) >= lines, "the day", plant)
        return judged(plant, killer)


def judged(plant: Plant, killer: Killer) -> Outcome:
    """Compare every figure of the demo's line, check the store, and stop cleanly."""
    files = plant.directory / "invoice"
    issued = issue_invoice(plant.application, files)
    recorded = recorded_observations(plant.application)
    outcome = check_demo(plant.application, issued, files, recorded)
    found = figures(outcome.line)
    wrong = [
        f"{name}={found.get(name)} instead of {value}"
        for name, value in EXPECTED.items()
        if found.get(name) != value
    ]
    wrong += plant.application.historian.check(LOCAL_OPERATOR).faults[:3]
    plant.stop()
    counts = killer.counts() | {name: int(found[name]) for name in ("lost", "duplicated")}
    return Outcome(is_ok=not wrong and outcome.is_ok, detail="; ".join(wrong), counts=counts)


def figures(line: str) -> dict[str, str]:
    """Read `name=value` pairs; a value goes on to the next name."""
    found: dict[str, str] = {}
    name = ""
    for word in line.removeprefix("demo: ").split():
        before, equals, after = word.partition("=")
        if equals:
            name, found[before] = before, after
        else:
            found[name] += f" {word}"
    return found
