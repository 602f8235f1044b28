"""Decides on the events of some batches, one after the other, and numbers what is new. Pure."""

from collections.abc import Mapping, Sequence
from itertools import repeat

import msgspec
import numpy as np

from lineshaft.core.period import Instant
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.usage.batches import NONE, Claims
from lineshaft.platform.historian.usage.errors import UsageConflict
from lineshaft.platform.historian.usage.model import (
    KeptEvent,
    RecordPlace,
    UsageMode,
    UsageOutcome,
    UsageReceipt,
)
from lineshaft.platform.historian.usage.sealing import Rows, joined

Known = Mapping[int, Mapping[str, KeptEvent]]
"""What is kept of ids, by the number of their producer."""


class Batch(msgspec.Struct, frozen=True):
    """The events of one request, each read.

    Attributes:
        producer: its number.
        claims: what was made of each event, in order.
    """

    producer: int
    mode: UsageMode
    claims: Claims


class _Part(msgspec.Struct):
    """What one batch adds: the ids that are new, and the places of their events in the batch."""

    kept: dict[str, KeptEvent] = msgspec.field(default_factory=dict)
    chosen: list[int] = msgspec.field(default_factory=list)


class Draft:
    """The records that follow on a mark.

    Attributes:
        kept: what is kept of the ids that are new, by producer; numbered in order.
    """

    def __init__(self, source: SourceEpoch, known: Known, now: Instant) -> None:
        """Begin behind a mark.

        Args:
            source: with its mark.
            known: what is kept of the ids that the batches name.
            now: the instant of a refusal whose own cannot be read.
        """
        self.source, self._known, self._now = source, known, now
        self.kept: dict[int, dict[str, KeptEvent]] = {}
        self._rows: list[Rows] = []
        self._next = source.mark.sequence + 1

    @property
    def first_sequence(self) -> int:
        """Sequence of the first record."""
        return self.source.mark.sequence + 1

    def add(self, batch: Batch) -> list[UsageReceipt]:
        """Decide on a batch, and add what is new in it.

        Raises:
            UsageConflict: when an atomic batch has an id that is kept with other content; then
                nothing of it is added.
        """
        claims = batch.claims
        if self._are_new(batch):
            part, receipts = self._all_of(claims)
        else:
            part = _Part()
            receipts = [self._decide(part, batch, index) for index in range(len(claims))]
        self._next += len(part.chosen)
        self.kept.setdefault(batch.producer, {}).update(part.kept)
        if part.chosen:
            self._rows.append(_rows(claims, part.chosen, self._now))
        return receipts

    def rows(self) -> Rows | None:
        """Return the records, numbered in order; None when there is none."""
        return joined(self._rows) if self._rows else None

    def _are_new(self, batch: Batch) -> bool:
        """Tell whether all events are good, and no id was ever seen before."""
        ids, producer = batch.claims.ids, batch.producer
        return (
            not batch.claims.bad
            and len(set(ids)) == len(ids)
            and self._known.get(producer, {}).keys().isdisjoint(ids)
            and self.kept.get(producer, {}).keys().isdisjoint(ids)
        )

    def _all_of(self, claims: Claims) -> tuple[_Part, list[UsageReceipt]]:
        ids, source = list(filter(None, claims.ids)), self.source
        numbers = range(self._next, self._next + len(ids))
        kept = [
            KeptEvent(id_, digest, source.id, source.epoch, sequence)
            for id_, digest, sequence in zip(ids, claims.digests, numbers, strict=True)
        ]
        places = map(RecordPlace, repeat(source.epoch), numbers)
        receipts = list(map(UsageReceipt, ids, repeat(UsageOutcome.STORED), places))
        return _Part(dict(zip(ids, kept, strict=True)), list(range(len(ids)))), receipts

    def _decide(self, part: _Part, batch: Batch, index: int) -> UsageReceipt:
        claims, producer = batch.claims, batch.producer
        id_, digest, bad = claims.ids[index], claims.digests[index], claims.bad.get(index)
        reason = "" if bad is None else bad.reason
        if id_ is None or (bad is not None and not bad.can_be_kept):
            return UsageReceipt(id_, UsageOutcome.REJECTED, None, reason)
        kept = part.kept.get(id_) or self._seen(producer, id_)
        if kept is None:
            sequence = self._next + len(part.chosen)
            where = self.source.id, self.source.epoch, sequence
            kept = part.kept[id_] = KeptEvent(id_, digest, *where, bad is not None)
            part.chosen.append(index)
            outcome = UsageOutcome.STORED
        elif kept.digest == digest:
            outcome = UsageOutcome.DUPLICATE
        elif batch.mode is UsageMode.ATOMIC:
            raise UsageConflict(index, id_, kept.epoch, kept.sequence)
        else:
            outcome = UsageOutcome.CONFLICT
            reason = "the id is recorded with other content, which stays"
            return UsageReceipt(id_, outcome, kept.place, reason)
        if kept.is_refused:
            outcome = UsageOutcome.REFUSED
        return UsageReceipt(id_, outcome, kept.place, reason)

    def _seen(self, producer: int, id_: str) -> KeptEvent | None:
        of_group = self.kept.get(producer, {}).get(id_)
        return of_group or self._known.get(producer, {}).get(id_)


def _rows(claims: Claims, chosen: Sequence[int], now: Instant) -> Rows:
    """Return the records of some events of a batch; `now` where an instant cannot be read."""
    places = np.array(chosen, np.int64)
    ts = claims.ts[places]
    texts, refused = {}, []
    if claims.texts or claims.bad:
        for row, index in enumerate(chosen):
            bad = claims.bad.get(index)
            if bad is not None:
                refused.append(row)
                texts[row] = RefusalDetail.of(bad.reason, bad.raw).encode().encode()
            elif index in claims.texts:
                texts[row] = claims.texts[index].encode()
    ts[ts == NONE] = now
    columns = claims.code[places], ts, claims.mantissa[places], claims.exponent[places]
    return Rows(claims.signals, *columns, texts, refused)
