"""Decides on the events of some batches, one after the other, and numbers what is new. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineshaft.core.period import Instant
from lineshaft.core.reading import Record, RecordKind, SignalId, StatusCode
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.usage.errors import UsageConflict
from lineshaft.platform.historian.usage.model import (
    Claim,
    KeptEvent,
    UsageMode,
    UsageOutcome,
    UsageReceipt,
)

Key = tuple[int, str]
"""The number of a producer, and its id of an event."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one request, each read.

    Attributes:
        producer: its number.
        claims: what was made of each event, in order.
    """

    producer: int
    mode: UsageMode
    claims: Sequence[Claim]


@dataclass(slots=True)
class _Part:
    """What one batch adds, while it is not decided whether any of it does."""

    kept: dict[Key, KeptEvent] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    ordinals: dict[SignalId, int] = field(default_factory=dict)


class Draft:
    """The records that follow on a mark.

    Attributes:
        records: numbered, in order.
        kept: the ids that are new, by producer.
        ordinals: the last ordinal of each series that has new records.
    """

    def __init__(
        self,
        source: SourceEpoch,
        known: Mapping[Key, KeptEvent],
        ordinals: Mapping[str, int],
        now: Instant,
    ) -> None:
        """Begin behind a mark.

        Args:
            source: with its mark.
            known: what is kept of the ids that the batches name.
            ordinals: the last ordinal of each series so far.
            now: the instant of a refusal whose own cannot be read.
        """
        self.source, self._now = source, now
        self._known, self._past = dict(known), ordinals
        self.records: list[Record] = []
        self.kept: dict[int, list[KeptEvent]] = {}
        self.ordinals: dict[SignalId, int] = {}

    def add(self, batch: Batch) -> list[UsageReceipt]:
        """Decide on a batch, and add what is new in it.

        Raises:
            UsageConflict: when an atomic batch has an id that is kept with other content; then
                nothing of it is added.
        """
        part = _Part()
        receipts = [self._decide(part, batch, index) for index in range(len(batch.claims))]
        self._known |= part.kept
        self.records += part.records
        self.ordinals |= part.ordinals
        self.kept.setdefault(batch.producer, []).extend(part.kept.values())
        return receipts

    def _decide(self, part: _Part, batch: Batch, index: int) -> UsageReceipt:
        claim = batch.claims[index]
        if claim.id is None or claim.signal is None or not claim.can_be_kept:
            return UsageReceipt(claim.id, UsageOutcome.REJECTED, None, claim.reason)
        key = batch.producer, claim.id
        kept = part.kept.get(key) or self._known.get(key)
        if kept is None:
            kept = part.kept[key] = self._numbered(part, claim, claim.id, claim.signal)
            outcome = UsageOutcome.STORED
        elif kept.digest == claim.digest:
            outcome = UsageOutcome.DUPLICATE
        elif batch.mode is UsageMode.ATOMIC:
            raise UsageConflict(index, claim.id, kept.epoch, kept.sequence)
        else:
            reason = "the id is recorded with other content, which stays"
            return UsageReceipt(claim.id, UsageOutcome.CONFLICT, kept, reason)
        if kept.is_refused:
            outcome = UsageOutcome.REFUSED
        return UsageReceipt(claim.id, outcome, kept, claim.reason)

    def _numbered(self, part: _Part, claim: Claim, id_: str, signal: SignalId) -> KeptEvent:
        sequence = self.source.mark.sequence + len(self.records) + len(part.records) + 1
        last = part.ordinals.get(signal) or self.ordinals.get(signal) or self._past.get(signal, 0)
        part.ordinals[signal] = last + 1
        value = claim.columns
        is_good = value is not None
        ts = self._now if claim.ts is None else claim.ts
        part.records.append(
            Record(
                signal=signal,
                sequence=sequence,
                ordinal=last + 1,
                kind=RecordKind.READING if is_good else RecordKind.REFUSAL,
                status=StatusCode.GOOD if is_good else StatusCode.BAD_DECODING_ERROR,
                ts=ts,
                mantissa=None if value is None else value.mantissa,
                exponent=None if value is None else value.exponent,
                text=_refusal(claim) if value is None else value.text,
            )
        )
        source = self.source
        return KeptEvent(id_, claim.digest, source.id, source.epoch, sequence, not is_good)


def _refusal(claim: Claim) -> str:
    return RefusalDetail.of(claim.reason, claim.raw).encode()
