"""A maker with thousands of machines under contract, in a real installation: a month to close.

Machines stand in plants of eight; the edge of a plant seals a segment every four days, with nearly
a thousand records. Each machine has a counter of working seconds, read every hour, and says 200
times a month what state it is in.
Each contract has three lines (base fee, working time in tiers, deliveries of tooling at a flat
price) and one guarantee of availability.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.bootstrap.application import Application, build
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    HAS_EXPONENT,
    HAS_MANTISSA,
    HAS_TEXT,
    BlockColumns,
    encode_block,
)
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.core.segment.wire import SealedSegment
from lineshaft.infrastructure.settings import Settings
from lineshaft.platform.historian.files.compaction import Compactor
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.unpack import OPENED_SCHEMA, Opened
from lineshaft.platform.historian.rollups.writer import DayRollups
from lineshaft.security.identity.model import Source, SourceState
from lineshaft.security.identity.store import SqlSourceStore
from lineshaft.services.contracts.model import Contract, Offering
from lineshaft.services.contracts.store import SqlContractStore
from tests.services.contracts.examples import CONTRACT, CUTTING_TIME, OFFERING, TERMS

MONTH = "2026-04"
START = parse_instant("2026-04-01T00:00:00Z")
MONTH_DAYS = 30
SEGMENT_DAYS = 4
SEGMENTS = 8
"""Of each plant: 32 days, with one before the month and one after."""
DAY_US, HOUR_US, SECOND_US = 86_400_000_000, 3_600_000_000, 1_000_000
HOURS = 24 * SEGMENT_DAYS
STATES_PER_MONTH = 200
MACHINES_PER_PLANT = 8
PLANTS_PER_COMMIT = 125
STATES = ("ACTIVE", "READY", "INTERRUPTED")
DELIVERY: dict[str, Any] = {
    "id": "tooling",
    "description": {"en": "Tooling, delivered monthly", "zh-Hans": "每月刀具配送"},
    "meter": None,
    "price": {"model": "flat", "amount": "120.00"},
}
BUSINESS_TERMS = TERMS | {"usage_prices": [CUTTING_TIME, DELIVERY]}


class AllHeld:
    """Every signal is billed from, so the way of its blocks to the root is stored as they come."""

    def is_held(self, _signal: str) -> bool:
        """Return True."""
        return True


@dataclass
class PlantEdge:
    """The edge of one plant: its machines, its keys and its chain of segments."""

    number: int

    def __post_init__(self) -> None:
        """Make name and keys of the number."""
        self.name = SourceId(f"plant-{self.number:04}")
        seed = hashlib.sha256(self.name.encode()).digest()
        self.key, self.salt = Ed25519PrivateKey.from_private_bytes(seed), seed[::-1]
        first = self.number * MACHINES_PER_PLANT
        self.machines = [f"m{machine:05}" for machine in range(first, first + MACHINES_PER_PLANT)]
        self._rng = np.random.default_rng(self.number)
        self._level = np.zeros(MACHINES_PER_PLANT, dtype=np.int64)
        self._ordinals = np.ones((MACHINES_PER_PLANT, 2), dtype=np.int64)
        self._sequence, self._number, self._previous = 1, 0, NO_PREVIOUS

    def segment(self, number: int) -> Opened:
        """Seal the next segment, from number 0; they begin a day before the month."""
        blocks: list[BlockColumns] = []
        start = START + (SEGMENT_DAYS * number - 1) * DAY_US
        upto = [STATES_PER_MONTH * SEGMENT_DAYS * one // MONTH_DAYS for one in (number, number + 1)]
        changes = upto[1] - upto[0]
        for place, machine in enumerate(self.machines):
            blocks.append(self._counter(place, machine, start))
            blocks.append(self._states(place, machine, start, changes))
        return self._sealed(blocks)[1]

    def late(self, place: int, ts: int, rise: int) -> SealedSegment:
        """Seal one more reading of a machine's counter, alone, as it travels."""
        values = np.array([int(self._level[place]) + rise], dtype=np.int64)
        name, presence = f"{self.machines[place]}/cut_time", HAS_MANTISSA | HAS_EXPONENT
        return self._sealed([self._block((place, 0), name, np.array([ts]), presence, values, [])])[
            0
        ]

    def _sealed(self, blocks: list[BlockColumns]) -> tuple[SealedSegment, Opened]:
        first = int(min(int(block.sequence[0]) for block in blocks))
        blocks = sorted(blocks, key=lambda block: block.signal.encode())
        encoded = [encode_block(block) for block in blocks]
        salts = [merkle.salt_of(self.salt, first, block.signal) for block in blocks]
        tree = merkle.levels([merkle.leaf_hash(*two) for two in zip(salts, encoded, strict=True)])
        self._number += 1
        header = Header(
            source=self.name,
            epoch=1,
            number=self._number,
            first_sequence=first,
            last_sequence=self._sequence - 1,
            min_ts=Instant(min(int(block.ts.min()) for block in blocks)),
            max_ts=Instant(max(int(block.ts.max()) for block in blocks)),
            block_count=len(blocks),
            previous_hash=self._previous,
            root=tree[-1][0],
        )
        data = header.encode()
        self._previous = hashlib.sha256(data).digest()
        names, counts = tuple(block.signal for block in blocks), tuple(map(len, blocks))
        signature = sign(data, self.key)
        signed = (header, data, self._previous, signature)
        opened = Opened(*signed, names, counts, tree, _rows(blocks))
        return SealedSegment(header, signature, tuple(encoded)), opened

    def _counter(self, place: int, machine: str, start: int) -> BlockColumns:
        rises = self._rng.integers(0, 3_601, HOURS)
        values = self._level[place] + np.cumsum(rises)
        self._level[place] = values[-1]
        ts = start + np.arange(HOURS) * HOUR_US
        presence = HAS_MANTISSA | HAS_EXPONENT
        return self._block((place, 0), f"{machine}/cut_time", ts, presence, values, [])

    def _states(self, place: int, machine: str, start: int, changes: int) -> BlockColumns:
        seconds = np.sort(self._rng.choice(86_400 * SEGMENT_DAYS, changes, replace=False))
        texts = [STATES[int(one)].encode() for one in self._rng.integers(0, 3, changes)]
        ts = start + seconds.astype(np.int64) * SECOND_US
        name = f"{machine}/execution"
        return self._block((place, 1), name, ts, HAS_TEXT, np.zeros(0, dtype=np.int64), texts)

    def _block(
        self, owner: tuple[int, int], name: str, ts: Any, presence: int, *values: Any
    ) -> BlockColumns:
        count, (mantissa, texts) = len(ts), values
        ordinal = int(self._ordinals[owner])
        sequence = np.arange(self._sequence, self._sequence + count, dtype=np.uint64)
        self._ordinals[owner] += count
        self._sequence += count
        return BlockColumns(
            signal=SignalId(name),
            first_ordinal=ordinal,
            sequence=sequence,
            ts=ts,
            status=np.zeros(count, dtype=np.uint32),
            kind=np.zeros(count, dtype=np.uint8),
            presence=np.full(count, presence, dtype=np.uint8),
            own_ts=np.zeros(0, dtype=np.int64),
            mantissa=mantissa,
            exponent=np.zeros(len(mantissa), dtype=np.int8),
            number=np.zeros(0),
            text=texts,
        )


def _rows(blocks: list[BlockColumns]) -> pa.Table:
    """Return blocks as the rows that intake would have opened."""
    counts = [len(block) for block in blocks]
    has_text = np.repeat([bool(block.text) for block in blocks], counts)
    texts = [text.decode() for block in blocks for text in block.text]
    mantissa = np.zeros(len(has_text), dtype=np.int64)
    mantissa[~has_text] = np.concatenate([block.mantissa for block in blocks])
    spread = np.full(len(has_text), None, dtype=object)
    spread[has_text] = texts
    ordinals = [np.arange(one.first_ordinal, one.first_ordinal + len(one)) for one in blocks]
    given = {
        "ts": np.concatenate([one.ts for one in blocks]),
        "sequence": np.concatenate([one.sequence for one in blocks]).astype(np.int64),
        "ordinal": np.concatenate(ordinals),
        "status": np.concatenate([one.status for one in blocks]),
        "kind": np.concatenate([one.kind for one in blocks]),
    }
    arrays = {name: pa.array(values) for name, values in given.items()}
    arrays["mantissa"] = pa.array(mantissa, mask=has_text)
    arrays["exponent"] = pa.array(np.zeros(len(has_text), dtype=np.int8), mask=has_text)
    arrays["text"] = pa.array(spread, type=pa.string())
    columns = [
        arrays[one.name] if one.name in arrays else pa.nulls(len(has_text), one.type)
        for one in OPENED_SCHEMA
    ]
    return pa.table(columns, schema=OPENED_SCHEMA)


@dataclass(frozen=True)
class Business:
    """How large the business is.

    Attributes:
        plants: each with `MACHINES_PER_PLANT` machines.
        segments: which of the `SEGMENTS` are stored.
        start: of all contracts.
        is_merged: whether hours and days are closed as they are over.
    """

    plants: int
    segments: range = range(SEGMENTS)
    start: str = "2026-01-01T00:00:00Z"
    is_merged: bool = True

    def edges(self) -> list[PlantEdge]:
        """Return the edges of all plants, which have sealed nothing yet."""
        return [PlantEdge(number) for number in range(self.plants)]

    def build(self, directory: Path, edges: Sequence[PlantEdge] | None = None) -> Application:
        """Set up an installation that has received the readings; its month is over."""
        clock = ManualClock(START)
        application = build(Settings(data_dir=directory), clock=clock)
        edges = self.edges() if edges is None else edges
        let_in(application, edges)
        self._agree(application, [machine for edge in edges for machine in edge.machines])
        parts = (application.database, application.manifest, application.files)
        committer = Committer(*parts, application.clock)
        for number in self.segments:
            clock.advance(START + number * SEGMENT_DAYS * DAY_US - clock.now())
            for first in range(0, len(edges), PLANTS_PER_COMMIT):
                some = edges[first : first + PLANTS_PER_COMMIT]
                committer.commit([edge.segment(number) for edge in some], AllHeld())
            if self.is_merged:
                merge(application, Instant(clock.now() + (SEGMENT_DAYS + 1) * DAY_US))
        return application

    def _agree(self, application: Application, machines: list[str]) -> None:
        """Write one contract for each machine, past the holds that each would set."""
        store = SqlContractStore()
        with application.database.unit_of_work(is_long_expected=True) as unit:
            offering = Offering.from_content(OFFERING | {"terms": BUSINESS_TERMS})
            store.add_offering(unit.connection, offering, START)
            for machine in machines:
                made = contract_on(machine, start=self.start)
                store.add_contract(unit.connection, made, START)
                store.activate(unit.connection, made.id, 1, START)


def contract_on(*machines: str, **changes: Any) -> Contract:
    """Return a contract on machines, billed by the month."""
    content = CONTRACT | {
        "id": f"c-{'-'.join(machines)}",
        "machines": list(machines),
        "terms": BUSINESS_TERMS,
        "billing_period": "month",
        "invoice_series": "NM-2026",
    }
    return Contract.from_content(content | changes)


def merge(application: Application, at: Instant) -> None:
    """Close the hours and days that are over at an instant."""
    parts = (application.database, application.manifest)
    compactor = Compactor(*parts, application.files, ManualClock(at), DayRollups(*parts))
    compactor.run()
    compactor.unlink_merged()


def let_in(application: Application, edges: Sequence[PlantEdge]) -> None:
    """Accept the keys of edges."""
    store = SqlSourceStore()
    with application.database.unit_of_work(is_long_expected=True) as unit:
        for edge in edges:
            source = Source(
                id=edge.name,
                epoch=1,
                public_key=edge.key.public_key().public_bytes_raw(),
                salt_secret=edge.salt,
                state=SourceState.ACCEPTED,
                requested_at=START,
            )
            store.save_source(unit.connection, source)
