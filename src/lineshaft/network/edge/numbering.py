"""Sequence, ordinal and effective instant of what connectors deliver: no I/O, no clock.

*Clock skew:* a reading stamped less than 5 s before the effective instant of its signal's last
reading of the same connector takes effect at that instant, keeps its own stamp, and is counted.
Machines stamp with several clocks and threads; without this a counter would run backwards. A larger
step back is late data and keeps its place in time.
"""

from collections.abc import Iterable

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_S, Instant, format_instant
from lineshaft.core.reading import (
    Reading,
    Record,
    RecordKind,
    Refused,
    SignalId,
    StatusCode,
    is_good,
)
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.core.value import Columns, to_columns
from lineshaft.network.connectors.model import Observation

SKEW_US_MAX = 5 * US_PER_S
FUTURE_US_MAX = 300 * US_PER_S

SeriesKey = tuple[str, SignalId]
"""Connector and signal: two machines' clocks are not compared."""


class LastReading(msgspec.Struct):
    """The last reading of a signal from one connector.

    Attributes:
        ts: its effective instant.
        is_lost: whether a status record has said since then that the connection is gone.
    """

    ts: Instant
    is_lost: bool = False


class Changes(msgspec.Struct):
    """What numbering has changed since it was last saved."""

    signals: set[SignalId] = msgspec.field(default_factory=set)
    series: set[SeriesKey] = msgspec.field(default_factory=set)


class Numbering(msgspec.Struct):
    """The counters of a source in its epoch; part of every commit of the spool.

    Attributes:
        last_sequence: sequence of the last record; 0 at first.
        ordinals: ordinal of the last record of each signal.
        last: the last reading of each connector and signal.
        skew_corrected: how many readings took effect later than their own stamp.
        changes: what the next commit has to save.
    """

    last_sequence: int = 0
    ordinals: dict[SignalId, int] = msgspec.field(default_factory=dict)
    last: dict[SeriesKey, LastReading] = msgspec.field(default_factory=dict)
    skew_corrected: int = 0
    changes: Changes = msgspec.field(default_factory=Changes)

    def take_changes(self) -> Changes:
        """Return what has changed and start anew."""
        taken, self.changes = self.changes, Changes()
        return taken

    def observe(self, connector: str, observation: Observation, now: Instant) -> Record:
        """Number what a connector delivered; what cannot be stored becomes a refusal.

        Args:
            connector: id of the configured connector.
            observation: a reading or a refusal, and its bytes.
            now: the edge's clock; a stamp more than 5 minutes ahead of it is refused.
        """
        item = observation.item
        if item.ts > now + FUTURE_US_MAX:
            reason = item.reason + "; " if isinstance(item, Refused) else ""
            reason += f"stamped {format_instant(item.ts)}, more than 5 minutes in the future"
            return self._refusal(item, reason, observation.raw, now)
        if isinstance(item, Refused):
            return self._refusal(item, item.reason, item.raw, item.ts)
        try:
            columns = _columns(item)
        except Invalid as error:
            return self._refusal(item, str(error), observation.raw, item.ts)
        ts = self._effective(connector, item)
        own_ts = item.ts if ts != item.ts else None
        return self._record(item.signal, RecordKind.READING, item.status, (ts, own_ts), columns)

    def lose(self, connector: str, at: Instant) -> list[Record]:
        """Say of every signal of a connector that its connection is gone since `at`.

        The records never lie before the last reading of their signal: that was received after all.
        """
        found = []
        for key, last in self.last.items():
            if key[0] != connector or last.is_lost:
                continue
            last.ts, last.is_lost = max(last.ts, at), True
            self.changes.series.add(key)
            times = (last.ts, at if at != last.ts else None)
            status = StatusCode.BAD_NO_COMMUNICATION
            found.append(self._record(key[1], RecordKind.STATUS, status, times, Columns()))
        return found

    def count(self, signals: Iterable[SignalId], at: Instant) -> list[Record]:
        """Write for each series that has records how many it has, this one included."""
        return [
            self._record(
                signal,
                RecordKind.COUNT,
                StatusCode.GOOD,
                (at, None),
                Columns(mantissa=self.ordinals[signal] + 1, exponent=0),
            )
            for signal in sorted(signals)
            if signal in self.ordinals
        ]

    def renumber(self, record: Record) -> Record:
        """Give a record of an earlier epoch its place in this one; all else stays."""
        times = (record.ts, record.own_ts)
        columns = Columns(record.mantissa, record.exponent, record.number, record.text)
        if record.kind is RecordKind.COUNT:
            # what it counted was another epoch's; here it counts this one's
            columns = Columns(mantissa=self.ordinals.get(record.signal, 0) + 1, exponent=0)
        return self._record(record.signal, record.kind, record.status, times, columns)

    def _effective(self, connector: str, item: Reading) -> Instant:
        key = (connector, item.signal)
        last = self.last.get(key)
        ts = item.ts
        self.changes.series.add(key)
        if last is None:
            self.last[key] = LastReading(ts)
            return ts
        if 0 < last.ts - ts < SKEW_US_MAX:
            ts = last.ts
            self.skew_corrected += 1
        last.ts, last.is_lost = ts, False
        return ts

    def _refusal(self, item: Reading | Refused, reason: str, raw: bytes, ts: Instant) -> Record:
        own_ts = item.ts if item.ts != ts else None
        columns = Columns(text=RefusalDetail.of(reason, raw).encode())
        status = StatusCode.BAD_DECODING_ERROR
        return self._record(item.signal, RecordKind.REFUSAL, status, (ts, own_ts), columns)

    def _record(
        self,
        signal: SignalId,
        kind: RecordKind,
        status: int,
        times: tuple[Instant, Instant | None],
        columns: Columns,
    ) -> Record:
        self.last_sequence += 1
        ordinal = self.ordinals.get(signal, 0) + 1
        self.ordinals[signal] = ordinal
        self.changes.signals.add(signal)
        return Record(
            signal=signal,
            sequence=self.last_sequence,
            ordinal=ordinal,
            kind=kind,
            status=status,
            ts=times[0],
            own_ts=times[1],
            mantissa=columns.mantissa,
            exponent=columns.exponent,
            number=columns.number,
            text=columns.text,
        )


def _columns(item: Reading) -> Columns:
    if item.value is None and is_good(item.status):
        msg = "a reading without a value needs a status that is not good"
        raise Invalid(msg)
    return to_columns(item.value)
