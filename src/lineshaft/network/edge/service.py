"""The edge as a program: connectors, a bounded queue, the spool, and the way to the hub."""

import asyncio
import contextlib
from typing import NamedTuple

import msgspec
import structlog

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import beat_subject
from lineshaft.core.period import Instant
from lineshaft.core.reading import Record
from lineshaft.core.segment.beat import Beat, sign_beat
from lineshaft.infrastructure.tasks import cancel
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.connectors.model import Batch, Connector, ConnectorConfig
from lineshaft.network.connectors.service import create_connector
from lineshaft.network.edge import metrics
from lineshaft.network.edge.history import SpooledHistory
from lineshaft.network.edge.live import LiveFeed
from lineshaft.network.edge.model import (
    COUNT_PERIOD_US,
    GROUP_OBSERVATIONS_MAX,
    QUEUE_BATCHES_MAX,
    EdgeConfig,
)
from lineshaft.network.edge.numbering import Numbering
from lineshaft.network.edge.spool import Spool
from lineshaft.network.edge.writer import SpoolWriter
from lineshaft.network.ports import SourceBus
from lineshaft.network.uplink import Uplink, UplinkState

TICK_S_MAX = 1.0

_log = structlog.get_logger(__name__)


class _Delivered(NamedTuple):
    """An entry of the queue: a batch, or (None) the loss of the connection at an instant."""

    connector: ConnectorConfig
    batch: Batch | None
    lost_at: Instant


class EdgeStatus(msgspec.Struct, frozen=True):
    """What an edge says of itself.

    Attributes:
        hub: how it stands with the hub.
        epoch, last_sequence, mark_sequence: how far it has numbered, and how far the historian is.
        spool_bytes: what waits.
        is_full: whether machines are held because of that.
        skew_corrected: readings that took effect later than their own stamp.
        connected: connectors that have their machine.
    """

    hub: UplinkState
    epoch: int
    last_sequence: int
    mark_sequence: int
    spool_bytes: int
    is_full: bool
    skew_corrected: int
    connected: frozenset[str]


class _Sink:
    """What one connector delivers to."""

    def __init__(self, edge: "Edge", connector: ConnectorConfig) -> None:
        self._edge = edge
        self._connector = connector

    async def deliver(self, batch: Batch) -> None:
        await self._edge.put(_Delivered(self._connector, batch, Instant(0)))

    async def connected(self) -> None:
        self._edge.note_connection(self._connector.id, is_connected=True)

    async def lost(self, at: Instant, reason: str) -> None:
        _log.warning("connection lost", connector=self._connector.id, why=reason)
        self._edge.note_connection(self._connector.id, is_connected=False)
        await self._edge.put(_Delivered(self._connector, None, at))


class Edge:
    """One edge node; `run` is its life."""

    def __init__(self, config: EdgeConfig, bus: SourceBus, clock: Clock, health: Health) -> None:
        """Open the spool and build the connectors.

        Raises:
            SpoolTaken, SpoolDamaged, KeyFileDamaged: when spool or key file cannot be used.
            UnknownConnector, ConnectorConfigInvalid: when a connector cannot be built.
        """
        self._config = config
        self._bus = bus
        self._clock = clock
        self._connectors: dict[str, Connector] = {
            c.id: create_connector(c, clock) for c in config.connectors
        }
        spool = Spool(config.spool_path, config.source)
        self._positions = spool.positions()
        self._was_unclean = spool.was_unclean
        self._writer = SpoolWriter(config, spool, health)
        self._history = SpooledHistory(config, self._writer)
        self._uplink = Uplink(self._history, bus, health, resend_s=config.resend_s)
        self._live = LiveFeed(config.source, bus, clock)
        self._queue: asyncio.Queue[_Delivered | None] = asyncio.Queue(QUEUE_BATCHES_MAX)
        self._connected: set[str] = set()
        self._beat_due = clock.now()

    @property
    def status(self) -> EdgeStatus:
        """What it says of itself now."""
        state = self._writer.state
        return EdgeStatus(
            hub=self._uplink.standing,
            epoch=state.epoch,
            last_sequence=state.last_sequence,
            mark_sequence=state.mark_sequence,
            spool_bytes=self._writer.used_bytes,
            is_full=self._writer.is_full,
            skew_corrected=state.skew_corrected,
            connected=frozenset(self._connected),
        )

    async def put(self, entry: _Delivered) -> None:
        """Take what a connector delivers; waits while the queue is full."""
        await self._queue.put(entry)
        if entry.batch is not None:
            self._live.observe(entry.batch.observations, self._clock.now())

    def note_connection(self, connector: str, *, is_connected: bool) -> None:
        """Note whether a connector has its machine."""
        (self._connected.add if is_connected else self._connected.discard)(connector)
        metrics.CONNECTED.labels(self._config.source, connector).set(int(is_connected))

    async def run(self, stop: asyncio.Event) -> None:
        """Live until `stop` is set, then stop cleanly.

        Any error of a part ends the edge: its supervisor starts it anew from the spool.
        """
        is_clean = False
        try:
            await self._owe_status()
            async with asyncio.TaskGroup() as tasks:
                parts = [
                    tasks.create_task(part)
                    for part in (self._uplink.run(), self._live.run(), self._seal(), self._tick())
                ]
                writing = tasks.create_task(self._write())
                reading = [
                    tasks.create_task(self._connectors[c.id].run(_Sink(self, c), self._position(c)))
                    for c in self._config.connectors
                ]
                await stop.wait()
                await cancel(*reading)
                self._writer.open_room()
                await self._queue.put(None)
                await writing
                await self._finish()
                await cancel(*parts)
            is_clean = True
        finally:
            await self._writer.close(is_clean=is_clean)

    def _position(self, connector: ConnectorConfig) -> int:
        return self._positions.get(connector.id, 0)

    async def _owe_status(self) -> None:
        """After an unclean stop, say that nothing was seen since the last sign of life."""
        at = self._writer.state.last_beat
        if self._was_unclean and at is not None:
            _log.warning("the edge was not stopped cleanly", source=self._config.source)
            await self._lose_live(at)

    async def _lose_live(self, at: Instant) -> None:
        live = [c.id for c in self._config.connectors if c.is_live]

        def make(numbering: Numbering) -> list[Record]:
            return [record for name in live for record in numbering.lose(name, at)]

        await self._writer.write(make, {}, self._history.keys)

    async def _write(self) -> None:
        """Commit what is in the queue, group by group, until the end mark."""
        while True:
            group = [await self._queue.get()]
            size = 0
            while group[-1] is not None and size < GROUP_OBSERVATIONS_MAX:
                size += len(group[-1].batch.observations) if group[-1].batch else 1
                if self._queue.empty():
                    break
                group.append(self._queue.get_nowait())
            await self._writer.wait_room()
            await self._commit([entry for entry in group if entry is not None])
            if group[-1] is None:
                return

    async def _commit(self, group: list[_Delivered]) -> None:
        positions = {
            entry.connector.id: entry.batch.position
            for entry in group
            if entry.batch is not None and entry.batch.position is not None
        }

        def make(numbering: Numbering) -> list[Record]:
            return [r for entry in group for r in self._number(entry, numbering)]

        await self._writer.write(make, positions, self._history.keys)
        for connector, position in positions.items():
            self._connectors[connector].durable(position)

    def _number(self, entry: _Delivered, numbering: Numbering) -> list[Record]:
        name = entry.connector.id
        if entry.batch is None:
            lost = numbering.lose(name, entry.lost_at) if entry.connector.is_live else []
            self._live.lose(lost)
            return lost
        now = self._clock.now()
        return [numbering.observe(name, o, now) for o in entry.batch.observations]

    async def _seal(self) -> None:
        """Seal what has waited for `seal_s`."""
        while True:
            await self._writer.appended.wait()
            await asyncio.sleep(self._config.seal_s)
            self._writer.appended.clear()
            await self._writer.seal(self._history.keys)

    async def _tick(self) -> None:
        """Beat and count in time."""
        while True:
            now = self._clock.now()
            if now >= self._beat_due:
                self._beat_due = Instant(now + int(self._config.beat_s * 1_000_000))
                await self._beat(now)
            last = self._writer.state.last_count
            if last is None or now // COUNT_PERIOD_US > last // COUNT_PERIOD_US:
                await self._count(now, is_first=last is None)
            await asyncio.sleep(min(TICK_S_MAX, self._config.beat_s))

    async def _beat(self, at: Instant) -> None:
        await self._writer.note_beat(at)
        state = self._writer.state
        if state.epoch == 0:
            return
        beat = Beat(self._config.source, state.epoch, state.last_sequence, at)
        with contextlib.suppress(Unavailable):  # the next one will do
            data = sign_beat(beat, self._history.keys.private_key)
            await self._bus.publish(beat_subject(self._config.source), data)

    async def _count(self, at: Instant, *, is_first: bool = False) -> None:
        """Write how many records each metered series has, so that an omission shows."""
        if not is_first:
            signals = self._config.metered_signals
            await self._writer.write(lambda n: n.count(signals, at), {}, self._history.keys)
        await self._writer.note_count(at)

    async def _finish(self) -> None:
        """Write what a clean stop owes, and send what is possible in the time that there is."""
        now = self._clock.now()
        await self._lose_live(now)
        await self._count(now)
        await self._writer.seal(self._history.keys)
        await self._live.flush()
        try:
            async with asyncio.timeout(self._config.stop_s):
                await self._uplink.wait_drained()
        except TimeoutError:
            left = self._writer.state.sealed_number - self._writer.state.mark_number
            _log.warning("stopped with segments in the spool", segments=left)
        await self._beat(self._clock.now())
