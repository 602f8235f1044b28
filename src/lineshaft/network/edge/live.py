"""The latest values, for the eye: nothing is stored, metered or billed from them."""

import asyncio
from collections.abc import Iterable

from lineshaft.core.clock import Clock
from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import LiveBatch, LiveValue, encode, live_subject
from lineshaft.core.period import Instant
from lineshaft.core.reading import Record, RecordKind, SignalId, SourceId
from lineshaft.core.value import DecimalValue
from lineshaft.network.edge import metrics
from lineshaft.network.edge.model import LIVE_DELAY_S
from lineshaft.network.edge.ports import EdgeBus

VALUES_MAX = 500
"""Most values in one message: with the longest texts it stays below the bus's maximum."""
DISPLAY_CHARACTERS_MAX = 200

_SHOWN = (RecordKind.READING, RecordKind.STATUS)


class LiveFeed:
    """Collects values for at most 10 ms and publishes the latest of each signal."""

    def __init__(self, source: SourceId, bus: EdgeBus, clock: Clock) -> None:
        """Publish the values of `source`."""
        self._source = source
        self._bus = bus
        self._clock = clock
        self._latest: dict[SignalId, Record] = {}
        self._shown: dict[SignalId, Instant] = {}
        self._offered = asyncio.Event()

    def offer(self, records: Iterable[Record]) -> None:
        """Take what was numbered; late data do not replace what is shown."""
        for record in records:
            if record.kind in _SHOWN and record.ts >= self._shown.get(record.signal, record.ts):
                self._shown[record.signal] = record.ts
                self._latest[record.signal] = record
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
            values = [_live(record) for record in latest[start : start + VALUES_MAX]]
            batch = LiveBatch(self._source, self._clock.now(), values)
            try:
                await self._bus.publish(live_subject(self._source), encode(batch))
            except Unavailable:
                metrics.LIVE_DROPPED.labels(self._source).inc()


def _live(record: Record) -> LiveValue:
    display, number = "", record.number
    if record.mantissa is not None and record.exponent is not None:
        value = DecimalValue(record.mantissa, record.exponent)
        display, number = str(value), float(value.as_fraction())
    elif record.text is not None:
        display = record.text[:DISPLAY_CHARACTERS_MAX]
    elif record.mantissa is not None:
        display, number = ("false", "true")[record.mantissa], float(record.mantissa)
    elif number is not None:
        display = repr(number)
    return LiveValue(record.signal, record.ts, record.status, display, number, record.sequence)
