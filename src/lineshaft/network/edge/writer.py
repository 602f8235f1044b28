"""The one way to the spool: numbers and commits together, off the event loop, one at a time."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from lineshaft.core.period import Instant
from lineshaft.core.reading import Record
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.edge import metrics
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.edge.numbering import Numbering
from lineshaft.network.edge.spool import Spool, SpoolState
from lineshaft.network.keys import SigningKeys

DISK_RETRY_S = 1.0
ROOM_SHARE = 0.9
"""Reading goes on once the spool is down to this share of its maximum: it must not flutter."""

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class SpoolWriter:
    """Owns spool and numbering; every method is safe to call from any task of the loop."""

    def __init__(self, config: EdgeConfig, spool: Spool, health: Health) -> None:
        """Write into `spool`, and say in `health` when it cannot take more."""
        self._config = config
        self._spool = spool
        self._health = health
        self._numbering = spool.load_numbering()
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._room = asyncio.Event()
        self._room.set()
        self.appended = asyncio.Event()
        """Set when there are records to be sealed in time."""
        self.sealed = asyncio.Event()
        """Set when there may be segments to be sent."""

    @property
    def state(self) -> SpoolState:
        """The single values of the spool as of the last commit."""
        return self._spool.state

    @property
    def used_bytes(self) -> int:
        """Bytes that wait for the hub."""
        return self._spool.used_bytes

    @property
    def is_full(self) -> bool:
        """Whether the spool takes nothing more from the connectors."""
        return not self._room.is_set()

    async def wait_room(self) -> None:
        """Wait until the spool is below its maximum."""
        await self._room.wait()

    def open_room(self) -> None:
        """Let the last deliveries in, for a stop."""
        self._room.set()

    async def write(
        self,
        make: Callable[[Numbering], list[Record]],
        positions: Mapping[str, int],
        keys: SigningKeys,
    ) -> int:
        """Number and commit records; they are on the disk when this returns. Returns how many.

        Args:
            make: numbers the records; called once, on the event loop.
            positions: how far the recordings of connectors are with them.
            keys: to seal the segments that become full.
        """
        async with self._lock:
            records = make(self._numbering)
            await self._persist(lambda: self._spool.append(records, self._numbering, positions))
            sealed = await self._persist(lambda: self._spool.seal(keys, is_partial=False))
        for kind, count in Counter(record.kind for record in records).items():
            metrics.RECORDS.labels(self._config.source, kind.name).inc(count)
        metrics.SKEW_CORRECTED.labels(self._config.source).set(self.state.skew_corrected)
        if records:
            self.appended.set()
        if sealed:
            self.sealed.set()
        self._judge_room()
        return len(records)

    async def seal(self, keys: SigningKeys) -> None:
        """Seal everything that waits."""
        async with self._lock:
            if await self._persist(lambda: self._spool.seal(keys, is_partial=True)):
                self.sealed.set()

    async def segments_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Return sealed segments above a number, in order."""
        return await self._do(lambda: self._spool.segments_after(number, limit))

    async def agrees(self, number: int, header_hash: bytes) -> bool:
        """Tell whether a history that ends with this segment is the beginning of ours."""
        return await self._do(lambda: self._spool.agrees(number, header_hash))

    async def trim(self, number: int, header_hash: bytes) -> bool:
        """Let go of what the historian has; tells whether it is news.

        Raises:
            ChainConflict: when the hub has another history.
        """
        async with self._lock:
            is_news = await self._persist(lambda: self._spool.trim(number, header_hash))
        self._judge_room()
        return is_news

    async def note_beat(self, at: Instant) -> None:
        """Keep the instant of a sign of life."""
        async with self._lock:
            await self._persist(lambda: self._spool.note_beat(at))

    async def note_count(self, at: Instant) -> None:
        """Keep the instant of the last count records."""
        async with self._lock:
            await self._persist(lambda: self._spool.note_count(at))

    async def note_conflict(self, number: int, hub_sequence: int | None = None) -> None:
        """Stop sealing; see `Spool.note_conflict`."""
        async with self._lock:
            await self._persist(lambda: self._spool.note_conflict(number, hub_sequence))

    async def start_epoch(self, epoch: int) -> None:
        """Begin the chain of an epoch with what waits."""
        async with self._lock:
            self._numbering = await self._persist(lambda: self._spool.start_epoch(epoch))

    async def close(self, *, is_clean: bool) -> None:
        """Close the spool."""
        async with self._lock:
            await self._do(lambda: self._spool.close(is_clean=is_clean))
        self._thread.shutdown()

    async def _do(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _persist(self, call: Callable[[], _T]) -> _T:
        """Do it, again and again while the disk has no room; a cancelled caller waits for the end.

        What was numbered has to be written: giving up half way would leave a gap.
        """
        task = asyncio.ensure_future(self._retry(call))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    async def _retry(self, call: Callable[[], _T]) -> _T:
        while True:
            try:
                result = await self._do(call)
            except sqlite3.OperationalError as error:
                self._say("spool_disk", f"cannot write the spool: {error}")
                await asyncio.sleep(DISK_RETRY_S)
            else:
                self._health.set("spool_disk")
                return result

    def _judge_room(self) -> None:
        used, limit = self._spool.used_bytes, self._config.spool_bytes_max
        metrics.SPOOL_BYTES.labels(self._config.source).set(used)
        if used >= limit and self._room.is_set():
            self._room.clear()
            self._say("spool", f"the spool is full ({used} of {limit} bytes): machines are held")
        elif used < limit * ROOM_SHARE and not self._room.is_set():
            self._room.set()
            self._health.set("spool")
            _log.info("the spool has room again", source=self._config.source, used_bytes=used)
        metrics.SPOOL_FULL.labels(self._config.source).set(int(not self._room.is_set()))

    def _say(self, check: str, why_not: str) -> None:
        self._health.set(check, why_not)
        _log.warning(why_not, source=self._config.source)
