"""Measure the usage again from the rows of a bundle, with the function that first measured it."""

from lineshaft.services.evidence.bundle import Bundle
from lineshaft.services.evidence.chain import blocks_of, entries_of
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows, join


def measured_again(proofs: Bundle, claim: UsageRecord) -> UsageRecord:
    """Return the usage record that the rows of the named blocks give.

    Args:
        proofs: the bundle that the claim is checked against.
        claim: says which meter, period, knowledge time and records; none of its figures is used.

    Raises:
        Invalid: when blocks are missing between two others, or corrections go in a circle.
    """
    parts = [
        SeriesRows.of_block(block.signed.header.source, block.signed.header.epoch, columns)
        for block, columns in blocks_of(proofs, claim)
    ]
    rows = MeterInput(join(parts), entries_of(proofs, claim), claim.known_until)
    return measure(claim.meter, rows, claim.period, claim.known_at)
