"""The latest values, for the eye: nothing is stored, metered or billed from them."""

import asyncio
import math
from collections.abc import Iterable

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import LiveBatch, LiveValue, encode, live_subject
from lineshaft.core.period import Instant
from lineshaft.core.reading import Reading, Record, RecordKind, SignalId, SourceId
from lineshaft.core.value import DecimalValue, EnumerationValue
from lineshaft.network.connectors.model import Observation
from lineshaft.network.edge import metrics
from lineshaft.network.edge.model import LIVE_DELAY_S
from lineshaft.network.edge.numbering import FUTURE_US_MAX, SKEW_US_MAX
from lineshaft.network.ports import SourceBus

VALUES_MAX = 500
"""Most values in one message: with the longest texts it stays below the bus's maximum."""
DISPLAY_CHARACTERS_MAX = 200


class LiveFeed:
    """Collects values for at most 10 ms and publishes the latest of each signal."""

    def __init__(self, source: SourceId, bus: SourceBus, clock: Clock) -> None:
        """Publish the values of `source`."""
        self._source = source
        self._bus = bus
        self._clock = clock
        self._latest: dict[SignalId, tuple[Instant, Reading]] = {}
        self._shown: dict[SignalId, Instant] = {}
        self._offered = asyncio.Event()

    def observe(self, observations: Iterable[Observation], now: Instant) -> None:
        """Take what a connector delivered, before it is on the disk: a view waits for no fsync.

        The rules are those of `numbering`: what that will refuse is not shown, clock skew is
        corrected, and late data do not replace what is shown.
        """
        for observation in observations:
            item = observation.item
            if isinstance(item, Reading) and item.ts <= now + FUTURE_US_MAX:
                self._show(item)
        self._wake()

    def lose(self, records: Iterable[Record]) -> None:
        """Take status records: the connection of a signal is gone."""
        for record in records:
            if record.kind is RecordKind.STATUS:
                self._show(Reading(record.signal, record.ts, None, record.status))
        self._wake()

    def _show(self, item: Reading) -> None:
        ts = item.ts
        shown = self._shown.get(item.signal, ts)
        if 0 < shown - ts < SKEW_US_MAX:
            ts = shown
        if ts >= shown:
            self._shown[item.signal] = ts
            self._latest[item.signal] = (ts, item)

    def _wake(self) -> None:
        if self._latest:
            self._offered.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._offered.wait()
            await self.flush()
            await asyncio.sleep(LIVE_DELAY_S)

    async def flush(self) -> None:
        """Publish what there is; without a bus it is dropped, as newer values will come."""
        self._offered.clear()
        latest, self._latest = list(self._latest.values()), {}
        for start in range(0, len(latest), VALUES_MAX):
            values = [_live(ts, item) for ts, item in latest[start : start + VALUES_MAX]]
            batch = LiveBatch(self._source, self._clock.now(), values)
            try:
                await self._bus.publish(live_subject(self._source), encode(batch))
            except Unavailable:
                metrics.LIVE_DROPPED.labels(self._source).inc()


def _live(ts: Instant, item: Reading) -> LiveValue:
    display, number = "", None
    match item.value:
        case DecimalValue() as value:
            display, number = str(value), float(value.as_fraction())
        case EnumerationValue(code, symbol):
            display, number = symbol[:DISPLAY_CHARACTERS_MAX], float(code)
        case bool(bit):
            display, number = str(bit).lower(), float(bit)
        case float(value) if math.isfinite(value):
            display, number = repr(value), value
        case str(text):
            display = text[:DISPLAY_CHARACTERS_MAX]
        case _:
            pass  # no value, or a float that numbering refuses
    return LiveValue(item.signal, ts, item.status, display, number)
