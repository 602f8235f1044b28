"""Reads the events of a batch at once: what `claims.claim_of` does, on whole columns. Pure.

Nearly all events are plain: four texts, an instant in UTC, a decimal of at most 18 digits. Their
columns are checked and converted as arrays. Any other event is left to `claim_of`, which is the
reference; a property test holds the two together.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.usage.claims import (
    NumberText,
    claim_of,
    content_digest,
    on_unknown_signal,
    signal_of,
)
from lineshaft.platform.historian.usage.model import Claim

if TYPE_CHECKING:
    from lineshaft.platform.historian.usage.columns import PlainColumns

NONE = -1
"""In place of a signal or an instant that cannot be read."""
TEXTS = 4
"""Of a plain event: id, signal, ts and value."""


class Claims(msgspec.Struct):
    """What was made of the n events of a batch, in order.

    Attributes:
        ids: of each; None where it cannot be read.
        signals: the different ones.
        code: int64[n], the place of each event's signal in `signals`, or NONE.
        ts: int64[n], instants in microseconds UTC, or NONE.
        digests: of each content.
        mantissa, exponent: int64[n], int8[n]; 0 where there is no number.
        texts: by event, of those that say a text in place of a number.
        bad: by event, those that cannot be read.
    """

    ids: list[str | None]
    signals: list[SignalId]
    code: NDArray[np.int64]
    ts: NDArray[np.int64]
    digests: list[bytes]
    mantissa: NDArray[np.int64]
    exponent: NDArray[np.int8]
    texts: dict[int, str] = msgspec.field(default_factory=dict)
    bad: dict[int, Claim] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.ids)

    def refuse(self, unknown: frozenset[SignalId]) -> None:
        """Make the events of signals that no machine has bad ones."""
        codes = [code for code, signal in enumerate(self.signals) if signal in unknown]
        for index in np.flatnonzero(np.isin(self.code, codes)).tolist():
            claim = self.bad.get(index)
            if claim is None:
                signal, ts = self.signals[self.code[index]], Instant(int(self.ts[index]))
                claim = Claim(self.ids[index], signal, ts, self.digests[index])
            self.bad[index] = on_unknown_signal(claim)


def claims_of(events: Sequence[Any], ts_max: Instant) -> Claims:
    """Read events.

    Args:
        events: JSON objects with id, signal, ts and value or text; numbers are `NumberText`.
        ts_max: the latest instant that an event may have.
    """
    reader = _Reader(len(events))
    plain = [index for index, event in enumerate(events) if _has_four_texts(event)]
    done = reader.put_plain(plain, [events[index] for index in plain], ts_max)
    for index in sorted(set(range(len(events))).difference(done)):
        reader.put(index, claim_of(events[index], ts_max))
    return reader.claims


def _has_four_texts(event: Any) -> bool:
    return (
        type(event) is dict
        and len(event) == TEXTS
        and type(event.get("id")) is str
        and type(event.get("signal")) is str
        and type(event.get("ts")) is str
        and type(event.get("value")) in {str, NumberText}
    )


class _Reader:
    """Puts what is read of each event in its place."""

    def __init__(self, count: int) -> None:
        self.claims = Claims(
            ids=[None] * count,
            signals=[],
            code=np.full(count, NONE, np.int64),
            ts=np.full(count, NONE, np.int64),
            digests=[b""] * count,
            mantissa=np.zeros(count, np.int64),
            exponent=np.zeros(count, np.int8),
        )
        self._codes: dict[SignalId, int] = {}

    def put_plain(
        self, places: Sequence[int], events: Sequence[dict[str, str]], ts_max: Instant
    ) -> list[int]:
        """Put those of some events that are plain; return their places."""
        # It takes pyarrow.compute, for which a command that reads no events would wait.
        from lineshaft.platform.historian.usage.columns import plain_columns  # noqa: PLC0415

        try:
            columns = plain_columns(events)
        except (pa.ArrowInvalid, UnicodeEncodeError):
            return []  # A day that no calendar has, or half a surrogate pair: somebody's, alone.
        return self._put_columns(np.array(places, np.int64), columns, ts_max)

    def _put_columns(
        self, places: NDArray[np.int64], read: "PlainColumns", ts_max: Instant
    ) -> list[int]:
        code = self._coded(read.names)
        good = read.is_plain & (code != NONE) & (read.ts >= 0) & (read.ts <= ts_max)
        done, claims = places[good], self.claims
        claims.code[done], claims.ts[done] = code[good], read.ts[good]
        claims.mantissa[done], claims.exponent[done] = read.mantissa[good], read.exponent[good]
        digests = _digests(claims, done)
        chosen = read.ids.filter(pa.array(good)).to_pylist()
        found: list[int] = done.tolist()
        for place, id_, digest in zip(found, chosen, digests, strict=True):
            claims.ids[place], claims.digests[place] = id_, digest
        return found

    def _coded(self, names: pa.Array) -> NDArray[np.int64]:
        encoded = names.dictionary_encode()
        codes = np.array([self._code_of(name) for name in encoded.dictionary.to_pylist()], np.int64)
        found: NDArray[np.int64] = codes[encoded.indices.to_numpy()]
        return found

    def _code_of(self, name: str) -> int:
        try:
            return self._code(signal_of(name))
        except Invalid:
            return NONE

    def _code(self, signal: SignalId) -> int:
        code = self._codes.setdefault(signal, len(self._codes))
        if code == len(self.claims.signals):
            self.claims.signals.append(signal)
        return code

    def put(self, index: int, claim: Claim) -> None:
        """Put a single event."""
        claims, columns = self.claims, claim.columns
        claims.ids[index], claims.digests[index] = claim.id, claim.digest
        claims.code[index] = NONE if claim.signal is None else self._code(claim.signal)
        claims.ts[index] = NONE if claim.ts is None else claim.ts
        if columns is None:
            claims.bad[index] = claim
        elif columns.text is not None:
            claims.texts[index] = columns.text
        else:
            claims.mantissa[index] = columns.mantissa or 0
            claims.exponent[index] = columns.exponent or 0


def _digests(claims: Claims, places: NDArray[np.int64]) -> list[bytes]:
    """Return the digests of numbers."""
    mantissa, exponent = claims.mantissa[places], claims.exponent[places]
    is_longer = (mantissa % 10 == 0) & (mantissa != 0)
    while is_longer.any():
        mantissa[is_longer] //= 10
        exponent[is_longer] += 1
        is_longer = (mantissa % 10 == 0) & (mantissa != 0)
    exponent[mantissa == 0] = 0
    columns = claims.code[places], claims.ts[places], mantissa, exponent
    signals = claims.signals
    return [
        content_digest(signals[code], ts, number, scale, None)
        for code, ts, number, scale in zip(*(one.tolist() for one in columns), strict=True)
    ]
