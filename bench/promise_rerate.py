"""History under another tariff: a year of 1,000 machines, from stored readings to 12,000 lines.

Each machine works two hours a day, and its counter of working seconds is read 28 times in them. A
study asks what its year would have earned by another price in tiers. `lineshaft desk run` answers
it as anybody would ask it, in a new process: it finds contracts and billed periods, reads every
reading of the year, checks each step of each counter, adds up the usage of each month, roots it in
the signed headers of the segments that it stands in, rates a line for each month, lets `rate`
judge, and says what each machine and month earned. Nothing was measured before and nothing is
kept, so that the next round does the same again; the files of the store are in the page cache.
"""

import hashlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.business import (
    BUSINESS_TERMS,
    DAY_US,
    MACHINES_PER_PLANT,
    SECOND_US,
    AllHeld,
    PlantEdge,
    contract_on,
    let_in,
    merge,
)
from bench.records import Promise
from lineshaft.bootstrap.application import Application, build
from lineshaft.core.clock import ManualClock
from lineshaft.core.money import Money
from lineshaft.core.month import Month
from lineshaft.core.period import Instant, parse_instant, zone_named
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import HAS_EXPONENT, HAS_MANTISSA
from lineshaft.infrastructure.settings import Settings
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.unpack import Opened
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.contracts.model import Offering
from lineshaft.services.contracts.store import SqlContractStore
from lineshaft.services.desk.model import Months, Study, Variant
from tests.services.contracts.examples import CUTTING_TIME, OFFERING

NAMES = ("rerate_10m",)
LIMIT_S = 2.0
ROUNDS = 5
PLANTS = 125
YEAR = 2025
START = parse_instant("2025-01-01T00:00:00Z")
SHIFT_US = 8 * 3_600 * SECOND_US
"""From midnight to the first reading of a day."""
READINGS_PER_DAY = 28
STEP_S = 257
SEGMENT_DAYS = 4
SEGMENTS = 93
"""Of each plant: 372 days, with four before the year and three after."""
STUDY = "another-price"
TERMS = {"usage_prices": [CUTTING_TIME], "vat": BUSINESS_TERMS["vat"]}
TIERS = (("10", "40.00"), ("30", "31.50"), (None, "28.25"))
"""Hours up to which, and the price of an hour."""


class CounterEdge(PlantEdge):
    """The edge of a plant whose machines have a counter alone; it remembers what it read."""

    def __init__(self, number: int) -> None:
        """Begin the year."""
        super().__init__(number)
        self.read: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def segment(self, number: int) -> Opened:
        """Seal the next four days, from number 0; they begin four days before the year."""
        days = START + (SEGMENT_DAYS * (number - 1) + np.arange(SEGMENT_DAYS)) * DAY_US + SHIFT_US
        within = np.arange(READINGS_PER_DAY) * STEP_S * SECOND_US
        ts = (days[:, None] + within).ravel().astype(np.int64)
        rises = self._rng.integers(0, STEP_S + 1, (MACHINES_PER_PLANT, len(ts)))
        values = self._level[:, None] + np.cumsum(rises, axis=1)
        self._level = values[:, -1]
        self.read.append((ts, values))
        presence = HAS_MANTISSA | HAS_EXPONENT
        blocks = [
            self._block((place, 0), f"{machine}/cut_time", ts, presence, values[place], [])
            for place, machine in enumerate(self.machines)
        ]
        return self._sealed(blocks)[1]


@dataclass
class Year:
    """A maker's machines, their contracts and a year of readings.

    Attributes:
        segments: of each plant; fewer are fewer months.
    """

    plants: int
    segments: int = SEGMENTS
    edges: list[CounterEdge] = field(default_factory=list)

    def build(self, directory: Path) -> None:
        """Set up an installation that has received the readings, and save the study."""
        clock = ManualClock(Instant(START - SEGMENT_DAYS * DAY_US))
        application = build(Settings(data_dir=directory), clock=clock)
        self.edges = [CounterEdge(number) for number in range(self.plants)]
        let_in(application, self.edges)
        self._agree(application)
        parts = (application.database, application.manifest, application.files)
        committer = Committer(*parts, clock)
        for number in range(self.segments):
            clock.advance(START + (number - 1) * SEGMENT_DAYS * DAY_US - clock.now())
            committer.commit([edge.segment(number) for edge in self.edges], AllHeld())
            merge(application, Instant(clock.now() + (SEGMENT_DAYS + 1) * DAY_US))
        clock.advance(10 * DAY_US)
        self._ask(application)
        application.database.close()

    def _agree(self, application: Application) -> None:
        store = SqlContractStore()
        with application.database.unit_of_work(is_long_expected=True) as unit:
            offering = Offering.from_content(OFFERING | {"terms": TERMS})
            store.add_offering(unit.connection, offering, START)
            for machine in (machine for edge in self.edges for machine in edge.machines):
                made = contract_on(machine, start="2025-01-01T00:00:00Z", terms=TERMS)
                store.add_contract(unit.connection, made, START)
                store.activate(unit.connection, made.id, 1, START)

    def _ask(self, application: Application) -> None:
        tiers = [{"up_to": up_to, "unit_price": price} for up_to, price in TIERS]
        price = CUTTING_TIME | {"price": CUTTING_TIME["price"] | {"tiers": tiers}}
        offering = Offering.from_content(OFFERING | {"terms": TERMS | {"usage_prices": [price]}})
        months = self.months()
        study = Study(
            id=STUDY,
            version=1,
            name="Another price",
            months=Months(str(months[0]), str(months[-1])),
            variants=(Variant("tiers", offering),),
            known_at=application.design.known_now(LOCAL_OPERATOR),
        )
        application.design.save(LOCAL_OPERATOR, study)

    def months(self) -> list[Month]:
        """Return the months whose readings are all there."""
        end = START + ((self.segments - 1) * SEGMENT_DAYS - 1) * DAY_US
        found = [Month(YEAR, number) for number in range(1, 13)]
        return [month for month in found if month.within(zone_named("UTC")).end <= end]

    def earned(self) -> dict[str, dict[str, str]]:
        """Return by machine and month what it earns, from what the edges remember alone."""
        found: dict[str, dict[str, str]] = {}
        for edge in self.edges:
            ts = np.concatenate([part for part, _ in edge.read])
            values = np.concatenate([part for _, part in edge.read], axis=1)
            for place, machine in enumerate(edge.machines):
                of = found[machine] = {}
                for month in self.months():
                    period = month.within(zone_named("UTC"))
                    levels = (_level(ts, values[place], at) for at in (period.start, period.end))
                    start, end = levels
                    of[str(month)] = _price((end - start) / 3_600)
        return found


def _level(ts: NDArray[np.int64], values: NDArray[np.int64], at: int) -> Fraction:
    """Return a counter at an instant between two readings, on the straight line."""
    after = int(np.searchsorted(ts, at, side="right"))
    (first, last), (low, high) = ts[after - 1 : after + 1].tolist(), values[after - 1 : after + 1]
    return Fraction(int(low)) + int(high - low) * Fraction(at - first, last - first)


def _price(hours: Fraction) -> str:
    """Return hours by the tiers, rounded once."""
    total, above = Fraction(0), Fraction(0)
    for up_to, price in TIERS:
        top = hours if up_to is None else min(hours, Fraction(up_to))
        total += max(top - above, Fraction(0)) * Fraction(price)
        above = max(above, top)
    return f"{Money.rounded(total, 'EUR').amount:.2f}"


def measure() -> list[Promise]:
    """Run the study on readings that nobody has measured before; check each line."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        year = Year(PLANTS)
        elapsed_s = rerated(year, Path(name))
    return [Promise.at_most("rerate_10m", elapsed_s, "s", LIMIT_S)]


def rerated(year: Year, directory: Path) -> float:
    """Build a year, run the command some times, and return how long it took: the median."""
    year.build(directory)
    for path in directory.rglob("*"):
        if path.is_file():
            path.read_bytes()
    command = (sys.executable, "-m", "lineshaft.cli", "desk", "run", STUDY, "--json")
    times = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        run = subprocess.run(
            [*command, "--data", str(directory)], check=True, capture_output=True, text=True
        )
        times.append(time.perf_counter() - began_s)
        check(year, directory, json.loads(run.stdout))
    return statistics.median(times)


def check(year: Year, directory: Path, said: Any) -> None:
    """Check that each machine and month earns what an independent sum says, proven by blocks."""
    (outcome,) = said["outcomes"]
    assert not outcome["unrated"], outcome["unrated"][:3]
    found: dict[str, dict[str, str]] = {}
    for cell in outcome["cells"]:
        assert cell["is_complete"]
        assert found.setdefault(cell["machine"], {}).setdefault(cell["month"], cell["revenue"])
    assert found == year.earned()
    count = sum(map(len, found.values()))
    assert (outcome["rated_in_bulk"], outcome["rated_one_by_one"]) == (count, {})
    roots = {(cell["machine"], cell["month"]): cell["evidence_root"] for cell in outcome["cells"]}
    assert roots == evidence(year, directory)


def evidence(year: Year, directory: Path) -> dict[tuple[str, str], str]:
    """Return by machine and month the root over the headers around it, from the database alone."""
    database = sqlite3.connect(directory / "hub.sqlite")
    query = """SELECT source, header FROM segment JOIN source_epoch
        ON source_epoch.id = segment.source_epoch ORDER BY source, segment.number"""
    leaves: dict[str, list[bytes]] = {}
    for source, header in database.execute(query):
        leaf = merkle.leaf_hash(b"", hashlib.sha256(header).digest())
        leaves.setdefault(source, []).append(leaf)
    database.close()
    found: dict[tuple[str, str], str] = {}
    for edge in year.edges:
        of = leaves[edge.name]
        for month in year.months():
            period = month.within(zone_named("UTC"))
            start, end = (
                (at - START) // DAY_US + SEGMENT_DAYS for at in (period.start, period.end)
            )
            # The last reading before a month is on the day before it, the first behind on its day.
            part = of[(start - 1) // SEGMENT_DAYS : end // SEGMENT_DAYS + 1]
            root = merkle.root(part).hex()
            found |= {(machine, str(month)): root for machine in edge.machines}
    return found
