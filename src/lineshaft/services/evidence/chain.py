"""From the rows up to the sources' signatures, and from a usage record down to its rows; pure."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core.errors import Invalid
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import BlockColumns
from lineshaft.core.segment.errors import BadSignature
from lineshaft.core.segment.header import verify_signature
from lineshaft.services.evidence.bundle import Bundle, ProvenBlock, Series
from lineshaft.services.evidence.errors import WrongEvidence
from lineshaft.services.metering.model import (
    BlockEntry,
    EvidenceRange,
    UsageRecord,
    evidence_root,
)

SourceKeys = Callable[[str, int], Ed25519PublicKey]
"""Returns the public key of a source and epoch; refuses one that it does not know."""


def check_headers(bundle: Bundle, key_of: SourceKeys) -> None:
    """Check each header's signature, and the chain wherever two neighbours are at hand.

    Raises:
        WrongEvidence: naming the first segment that does not hold.
        Invalid: when the key of a source is not known.
    """
    for signed in bundle.headers:
        header = signed.header
        place = f"segment {header.number} of {header.source}/{header.epoch}"
        try:
            verify_signature(signed.data, signed.signature, key_of(header.source, header.epoch))
        except BadSignature as error:
            msg = f"{place}: the header was not signed by its source"
            raise WrongEvidence(msg) from error
    for left, right in pairwise(h.header for h in bundle.headers):
        is_next = (right.source, right.epoch, right.number) == (
            left.source,
            left.epoch,
            left.number + 1,
        )
        if is_next and (
            right.previous_hash != left.hash() or right.first_sequence != left.last_sequence + 1
        ):
            msg = f"segment {right.number} of {right.source}/{right.epoch} does not follow on "
            msg += f"segment {left.number}"
            raise WrongEvidence(msg)


def check_blocks(bundle: Bundle) -> None:
    """Check that each block is what its header's root was made of.

    Raises:
        WrongEvidence: naming the first segment and readings that do not hold.
    """
    used = set()
    for series in bundle.series:
        for block in series.blocks:
            _check_block(block, series)
            used.add(block.signed.data)
    for signed in bundle.headers:
        if signed.data not in used:
            header = signed.header
            msg = f"segment {header.number} of {header.source}/{header.epoch} has no block here"
            raise WrongEvidence(msg)


def _check_block(block: ProvenBlock, series: Series) -> None:
    header = block.signed.header
    try:
        root = merkle.root_from_path(block.leaf, block.leaf_index, header.block_count, block.path)
    except Invalid as error:
        msg = f"{block.place}: {error}"
        raise WrongEvidence(msg) from error
    if root != header.root:
        msg = f"{block.place}: these are not the readings that the source signed"
        raise WrongEvidence(msg)
    rows = block.columns
    if rows is None:
        msg = f"{block.place}: {block.flaw}"
        raise WrongEvidence(msg)
    if rows.signal != series.signal:
        msg = f"{block.place}: they stand under {series.name}"
        raise WrongEvidence(msg)
    is_inside = (
        header.first_sequence <= int(rows.sequence[0])
        and int(rows.sequence[-1]) <= header.last_sequence
        and header.min_ts <= int(rows.ts.min())
        and int(rows.ts.max()) <= header.max_ts
    )
    if not is_inside:
        msg = f"{block.place}: they lie outside the range that the header announces"
        raise WrongEvidence(msg)


def check_nothing_else(bundle: Bundle, claims: Sequence[UsageRecord]) -> None:
    """Check that the bundle holds no block that no usage record names.

    Raises:
        WrongEvidence: naming the first such block.
    """
    named = {id(block) for claim in claims for block, _ in blocks_of(bundle, claim)}
    for series in bundle.series:
        for block in series.blocks:
            if id(block) not in named:
                msg = f"{block.place}: no usage record of this document names them"
                raise WrongEvidence(msg)


def check_claim(bundle: Bundle, claim: UsageRecord) -> None:
    """Check that all records of the claimed ranges are there, and that their root is the claimed.

    Raises:
        WrongEvidence: naming the first readings that are missing or too many.
    """
    for wanted in claim.ranges:
        _check_range(bundle, claim, wanted)
    root = evidence_root(entries_of(bundle, claim))
    if root != claim.evidence_root:
        msg = f"the evidence root is {claim.evidence_root[:16]}…, the blocks give {root[:16]}…"
        raise WrongEvidence(msg)


def entries_of(bundle: Bundle, claim: UsageRecord) -> tuple[BlockEntry, ...]:
    """Return what the blocks that a claim names are under its evidence root."""
    return tuple(
        BlockEntry(
            source=block.signed.header.source,
            epoch=block.signed.header.epoch,
            header_number=block.signed.header.number,
            header_hash=block.signed.header.hash(),
            leaf_hash=block.leaf,
            first_ordinal=rows.first_ordinal,
            last_ordinal=rows.first_ordinal + len(rows) - 1,
        )
        for block, rows in blocks_of(bundle, claim)
    )


def _check_range(bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> None:
    expected, name = (
        wanted.first_ordinal,
        f"{claim.meter.signal} from {wanted.source}/{wanted.epoch}",
    )
    headers = []
    for block, rows in _blocks_in(bundle, claim.meter.signal, wanted):
        if rows.first_ordinal != expected:
            last = rows.first_ordinal - 1
            msg = f"{name}: readings {expected} to {last} are missing before {block.place}"
            raise WrongEvidence(msg)
        expected += len(rows)
        headers.append(block.signed.header.number)
    if expected != wanted.last_ordinal + 1:
        msg = f"{name}: readings {expected} to {wanted.last_ordinal} are missing at the end"
        raise WrongEvidence(msg)
    if (headers[0], headers[-1]) != (wanted.first_header, wanted.last_header):
        msg = f"{name}: the usage record names segments {wanted.first_header} to "
        msg += f"{wanted.last_header}, the blocks stand in {headers[0]} to {headers[-1]}"
        raise WrongEvidence(msg)
    _check_start(bundle, claim, wanted)


def _check_start(bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> None:
    """Refuse evidence that begins after the period does: earlier records could have been left out.

    The reading in force at the start of the period stands in the first block, or there is none.
    """
    _, first = next(_blocks_in(bundle, claim.meter.signal, wanted))
    if wanted.first_ordinal > 1 and int(first.ts.min()) >= claim.period.start:
        msg = f"{claim.meter.signal} from {wanted.source}/{wanted.epoch}: the evidence begins "
        msg += "after the period does, with records before it left out"
        raise WrongEvidence(msg)


def open_ends(bundle: Bundle, claim: UsageRecord) -> list[EvidenceRange]:
    """Return the ranges without a record at or after the end of the period.

    What such a source recorded later, nobody can see from the bundle.
    """
    return [
        wanted
        for wanted in claim.ranges
        if not any(
            bool(np.any(rows.ts >= claim.period.end))
            for _, rows in _blocks_in(bundle, claim.meter.signal, wanted)
        )
    ]


def blocks_of(bundle: Bundle, claim: UsageRecord) -> list[tuple[ProvenBlock, BlockColumns]]:
    """Return the blocks that a claim names, ordered by source, epoch and ordinal."""
    ranges = sorted(claim.ranges)
    return [pair for wanted in ranges for pair in _blocks_in(bundle, claim.meter.signal, wanted)]


def _blocks_in(
    bundle: Bundle, signal: str, wanted: EvidenceRange
) -> Iterator[tuple[ProvenBlock, BlockColumns]]:
    series = bundle.series_of(signal, wanted.source, wanted.epoch)
    for block in series.blocks if series is not None else ():
        rows = block.columns
        if rows is not None and wanted.first_ordinal <= rows.first_ordinal <= wanted.last_ordinal:
            yield block, rows
