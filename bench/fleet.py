"""A fleet whose readings are made from arrays: the data of the historian's benches.

Every machine has twenty signals and is a source of its own: walks and waves with three decimals,
temperatures with one, counters, bits, states and program numbers, one scan of all per second. The
segments are sealed and signed as an edge does it; what a test of one of them needs is here too.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import HAS_EXPONENT, HAS_MANTISSA, BlockColumns, encode_block
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.core.segment.wire import SealedSegment
from lineshaft.platform.historian.intake.unpack import OPENED_SCHEMA, Opened

SIGNALS = 20
START_US = 1_767_571_200_000_000
SECOND_US = 1_000_000
_MS = 1_000
# walks, waves, temperatures, energy and parts, bits, state, program
_EXPONENTS = np.array([-3] * 12 + [-1] * 2 + [-3, 0, 0, 0, 0, 0], dtype=np.int8)


@dataclass(frozen=True)
class Fleet:
    """Which readings a bench wants.

    Attributes:
        machines: each has `SIGNALS` signals and one scan of them per second.
        seconds: how long.
        scans: per segment; 50 make a segment of 1,000 readings.
        jitter_ms: how far the stamp of a scan is off its second, at most, at ms resolution.
        first: number of the first machine.
    """

    machines: int
    seconds: int
    scans: int = 50
    jitter_ms: int = 0
    first: int = 0

    @property
    def readings(self) -> int:
        """How many readings there are in all, whole segments only."""
        return self.machines * (self.seconds // self.scans) * self.scans * SIGNALS

    def rounds(self, *, start_us: int = START_US) -> Iterator[list[Opened]]:
        """Give the segments as they come: those of all machines for the same seconds."""
        numbers = range(self.first, self.first + self.machines)
        machines = [Machine(number, self, start_us) for number in numbers]
        for _ in range(self.seconds // self.scans):
            yield [machine.segment() for machine in machines]

    def commits(self, readings: int) -> Iterator[list[Opened]]:
        """Give the segments in commits of so many readings; the last may be smaller."""
        each = readings // (self.scans * SIGNALS)
        waiting: list[Opened] = []
        for segments in self.rounds():
            waiting += segments
            while len(waiting) >= each:
                yield waiting[:each]
                waiting = waiting[each:]
        if waiting:
            yield waiting


class Machine:
    """One machine with its edge: its values, its keys and its chain of segments."""

    def __init__(self, number: int, fleet: Fleet, start_us: int) -> None:
        """Begin at `start_us`, in microseconds."""
        self.name = SourceId(f"edge-{number:04}")
        seed = hashlib.sha256(self.name.encode()).digest()
        self.key, self.salt = Ed25519PrivateKey.from_private_bytes(seed), seed[::-1]
        self.signals = [f"machine-{number:04}/signal-{index:02}" for index in range(SIGNALS)]
        self._fleet, self._start_us = fleet, start_us
        self._rng = np.random.default_rng(number)
        self._scan, self._number, self._previous = 0, 0, NO_PREVIOUS
        self._walk = self._rng.integers(-50_000, 50_000, 8)
        self._warm = self._rng.integers(200, 600, 2)
        self._energy, self._parts = 0, 0
        self._period_s = self._rng.integers(60, 900, 4)

    def segment(self) -> Opened:
        """Seal the next segment, and return what intake opens."""
        return self.sealed()[1]

    def sealed(self) -> tuple[SealedSegment, Opened]:
        """Seal the next segment; return it as it travels, and as intake opens it."""
        fleet, size = self._fleet, self._fleet.scans
        scans = np.arange(self._scan, self._scan + size)
        jitter = self._rng.integers(-fleet.jitter_ms, fleet.jitter_ms + 1, size)
        ts = self._start_us + scans * SECOND_US + (jitter + fleet.jitter_ms) * _MS
        values = self._values(scans)
        first = self._scan * SIGNALS + 1
        blocks = [self._block(index, scans, ts, values[index]) for index in range(SIGNALS)]
        encoded = [encode_block(block) for block in blocks]
        salts = [merkle.salt_of(self.salt, first, block.signal) for block in blocks]
        leaves = [merkle.leaf_hash(*pair) for pair in zip(salts, encoded, strict=True)]
        tree = merkle.levels(leaves)
        self._number += 1
        header = Header(
            source=self.name,
            epoch=1,
            number=self._number,
            first_sequence=first,
            last_sequence=first + size * SIGNALS - 1,
            min_ts=Instant(int(ts.min())),
            max_ts=Instant(int(ts.max())),
            block_count=SIGNALS,
            previous_hash=self._previous,
            root=tree[-1][0],
        )
        data = header.encode()
        self._scan, self._previous = self._scan + size, hashlib.sha256(data).digest()
        names, signature = tuple(self.signals), sign(data, self.key)
        signed = (header, data, self._previous, signature)
        opened = Opened(*signed, names, (size,) * SIGNALS, tree, rows_of(blocks))
        return SealedSegment(header, signature, tuple(encoded)), opened

    def _block(
        self, index: int, scans: NDArray[np.int64], ts: NDArray[np.int64], values: NDArray[np.int64]
    ) -> BlockColumns:
        count = len(scans)
        return BlockColumns(
            signal=SignalId(self.signals[index]),
            first_ordinal=int(scans[0]) + 1,
            sequence=(scans * SIGNALS + index + 1).astype(np.uint64),
            ts=ts,
            status=np.zeros(count, dtype=np.uint32),
            kind=np.zeros(count, dtype=np.uint8),
            presence=np.full(count, HAS_MANTISSA | HAS_EXPONENT, dtype=np.uint8),
            own_ts=np.zeros(0, dtype=np.int64),
            mantissa=values,
            exponent=np.full(count, _EXPONENTS[index], dtype=np.int8),
            number=np.zeros(0),
            text=[],
        )

    def _values(self, scans: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the mantissas of some scans, a row per signal."""
        rng, size = self._rng, len(scans)
        walk = self._walk[:, None] + np.cumsum(np.rint(rng.normal(0, 50, (8, size))), axis=1)
        angle = 2 * np.pi * scans / self._period_s[:, None]
        wave = 20_000 * np.sin(angle) + rng.normal(0, 20, (4, size))
        warm = self._warm[:, None] + np.cumsum(rng.random((2, size)) < 0.02, axis=1)
        warm -= np.cumsum(rng.random((2, size)) < 0.02, axis=1)
        is_running = scans // 600 % 4 != 3
        energy = self._energy + np.cumsum(np.where(is_running, rng.integers(1, 6, size), 0))
        parts = self._parts + np.cumsum(is_running & (scans % 47 == 0))
        self._walk, self._warm = np.int64(walk[:, -1]), warm[:, -1]
        self._energy, self._parts = int(energy[-1]), int(parts[-1])
        program = 1_000 + scans // 5_400 % 7
        rest = (energy, parts, is_running, scans % 47 < 3, 1 + is_running, program)
        return np.int64(np.rint(np.vstack([walk, wave, warm, *rest])))


def rows_of(blocks: list[BlockColumns]) -> pa.Table:
    """Return blocks of decimals as the rows that intake would have opened."""
    size = len(blocks[0])
    ordinals = [np.arange(one.first_ordinal, one.first_ordinal + size) for one in blocks]
    count = size * len(blocks)
    joined = {
        "ts": np.concatenate([one.ts for one in blocks]),
        "sequence": np.concatenate([one.sequence for one in blocks]).astype(np.int64),
        "ordinal": np.concatenate(ordinals),
        "status": np.concatenate([one.status for one in blocks]),
        "kind": np.concatenate([one.kind for one in blocks]),
        "mantissa": np.concatenate([one.mantissa for one in blocks]),
        "exponent": np.concatenate([one.exponent for one in blocks]),
    }
    arrays = [
        pa.array(joined[field.name]) if field.name in joined else pa.nulls(count, field.type)
        for field in OPENED_SCHEMA
    ]
    return pa.table(arrays, schema=OPENED_SCHEMA)
