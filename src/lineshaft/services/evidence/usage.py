"""Measure the usage again from the rows of a bundle, with the function that first measured it."""

from collections.abc import Iterator

from lineshaft.core.period import format_instant
from lineshaft.core.reading import SignalId
from lineshaft.core.segment.block import BlockColumns
from lineshaft.services.evidence.chain import blocks_in
from lineshaft.services.evidence.reading import Bundle, ProvenBlock
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Evidence, EvidenceRange, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows, join, shifted


def measured_again(proofs: Bundle, claim: UsageRecord, evidence: Evidence) -> UsageRecord:
    """Return the usage record that the rows of the named blocks give.

    Args:
        proofs: the bundle that the claim is checked against.
        claim: says which meter, period, knowledge time, clock offsets, exchanges, estimates and
            records; none of its figures is used.
        evidence: what the blocks of those records amount to.

    Raises:
        Invalid: when corrections go in a circle.
    """
    parts: dict[SignalId, list[SeriesRows]] = {signal: [] for signal in claim.meter.signals}
    for wanted in claim.ranges:
        parts[claim.signal_of(wanted)] += [
            SeriesRows.of_block(wanted.source, wanted.epoch, columns)
            for columns in _columns(proofs, claim, wanted)
        ]
    rows = {signal: shifted(join(part), claim.clock_offsets) for signal, part in parts.items()}
    own = rows.pop(claim.meter.signal)
    known = claim.known_until, claim.clock_offsets, claim.exchanges
    given = MeterInput(own, evidence, *known, others=rows, estimates=claim.estimates)
    return measure(claim.meter, given, claim.period, claim.known_at)


def _columns(proofs: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> Iterator[BlockColumns]:
    for first, last in _spans(proofs, claim, wanted):
        yield first.rows.columns(first.head, last.head)


def words_of(claim: UsageRecord) -> Iterator[str]:
    """Say what the record rests on that the supplier has recorded beside the readings."""
    for step in claim.clock_offsets:
        since = format_instant(step.valid_from)
        yield (
            f"that the clock of {step.source} is {step.offset_us} us ahead of true time from its "
            f"stamp {since} on is the supplier's word"
        )
    for each in claim.exchanges:
        yield (
            f"that the meter was exchanged at {format_instant(each.at)} ({each.reference}) is the "
            "supplier's word"
        )
    for one in claim.estimates:
        yield (
            f"that {one.quantity} of {one.period}, of which nothing was recorded, are estimated "
            f"right ({one.reason}) is the supplier's word"
        )


def _spans(
    proofs: Bundle, claim: UsageRecord, wanted: EvidenceRange
) -> Iterator[tuple[ProvenBlock, ProvenBlock]]:
    """Yield the first and last of blocks whose rows and ordinals go on from one to the next."""
    first = last = None
    for block in blocks_in(proofs, claim, wanted):
        if first is not None and last is not None:
            head = last.head
            goes_on = (head.last_ordinal + 1, head.start + head.count)
            if goes_on == (block.head.first_ordinal, block.head.start):
                last = block
                continue
            yield first, last
        first = last = block
    if first is not None and last is not None:
        yield first, last
