"""From the rows up to the sources' signatures, and from a usage record down to its rows; pure."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise, zip_longest

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from numpy.typing import NDArray

from lineshaft.core.segment.header import Header
from lineshaft.services.evidence.errors import WrongEvidence
from lineshaft.services.evidence.reading import Bundle, ProvenBlock, Series, SignedHeader
from lineshaft.services.evidence.signatures import SignatureCheck, SignedBytes
from lineshaft.services.metering.model import (
    Evidence,
    EvidenceRange,
    UsageRecord,
)

SourceKeys = Callable[[str, int], Ed25519PublicKey]
"""Returns the public key of a source and epoch; refuses one that it does not know."""


def signed_bytes(headers: Sequence[SignedHeader], key_of: SourceKeys) -> Iterator[SignedBytes]:
    """Yield what the source of each header must have signed.

    Raises:
        Invalid: when the key of a source is not known.
    """
    keys: dict[tuple[str, int], bytes] = {}
    for one, following in zip_longest(headers, islice(headers, 1, None)):
        owner = one.header.source, one.header.epoch
        if owner not in keys:
            keys[owner] = key_of(*owner).public_bytes_raw()
        is_named = following is not None and _goes_on(one, following)
        yield SignedBytes(keys[owner], one.signature, one.header.encode(), is_named)


def _goes_on(before: SignedHeader, after: SignedHeader) -> bool:
    """Tell whether a header says that it stands behind another one, which it names."""
    return _is_next(before.header, after.header) and after.header.previous_hash == before.hash


def _is_next(left: Header, right: Header) -> bool:
    return (right.source, right.epoch, right.number) == (left.source, left.epoch, left.number + 1)


def check_headers(bundle: Bundle, signatures: SignatureCheck) -> None:
    """Check each header's signature, and the chain wherever two neighbours are at hand.

    Args:
        bundle: whose headers are checked.
        signatures: of all its headers, begun before.

    Raises:
        WrongEvidence: naming the first segment that does not hold.
        Invalid: when the key of a source is not known.
    """
    wrong = signatures.first_wrong()
    if wrong is not None:
        msg = f"{bundle.headers[wrong].place}: the header was not signed by its source"
        raise WrongEvidence(msg)
    for before, after in pairwise(bundle.headers):
        left, right = before.header, after.header
        if _is_next(left, right) and not (
            _goes_on(before, after) and right.first_sequence == left.last_sequence + 1
        ):
            msg = f"{after.place} does not follow on segment {left.number}"
            raise WrongEvidence(msg)


def check_blocks(bundle: Bundle) -> None:
    """Check that each block is what its header's root was made of.

    Raises:
        WrongEvidence: naming the first segment and readings that do not hold.
    """
    used = set()
    for series in bundle.series:
        for block, bounds in zip(series.blocks, series.rows.bounds(), strict=True):
            _check_block(block, series, bounds)
            used.add(block.signed.hash)
    for signed in bundle.headers:
        if signed.hash not in used:
            msg = f"{signed.place} has no block here"
            raise WrongEvidence(msg)


def _check_block(block: ProvenBlock, series: Series, bounds: tuple[int, int, int, int]) -> None:
    header = block.signed.header
    why = block.root_flaw or block.flaw
    if why:
        msg = f"{block.place}: {why}"
        raise WrongEvidence(msg)
    if block.head.signal != series.signal:
        msg = f"{block.place}: they stand under {series.name}"
        raise WrongEvidence(msg)
    first, last, low, high = bounds
    is_inside = (
        header.first_sequence <= first
        and last <= header.last_sequence
        and header.min_ts <= low
        and high <= header.max_ts
    )
    if not is_inside:
        msg = f"{block.place}: they lie outside the range that the header announces"
        raise WrongEvidence(msg)


def check_nothing_else(bundle: Bundle, claims: Sequence[UsageRecord]) -> None:
    """Check that the bundle holds no block that no usage record names.

    Raises:
        WrongEvidence: naming the first such block.
    """
    named: set[int] = set()
    for claim in claims:
        for wanted in claim.ranges:
            named.update(map(id, blocks_in(bundle, claim, wanted)))
    for series in bundle.series:
        for block in series.blocks:
            if id(block) not in named:
                msg = f"{block.place}: no usage record of this document names them"
                raise WrongEvidence(msg)


def check_claim(bundle: Bundle, claim: UsageRecord) -> Evidence:
    """Check that all records of the claimed ranges are there, and that their root is the claimed.

    Returns:
        What the blocks of the claimed ranges amount to.

    Raises:
        WrongEvidence: naming the first readings that are missing or too many.
    """
    for wanted in claim.ranges:
        _check_range(bundle, claim, wanted)
    found = evidence_of(bundle, claim)
    if found.root != claim.evidence_root:
        said = f"the evidence root is {claim.evidence_root[:16]}…"
        msg = f"{said}, the blocks give {found.root[:16]}…"
        raise WrongEvidence(msg)
    return found


def evidence_of(bundle: Bundle, claim: UsageRecord) -> Evidence:
    """Return what the blocks that a claim names amount to.

    Raises:
        Invalid: when blocks are missing between two others.
    """
    return Evidence.of(
        series.entry(place, wanted.signal)
        for wanted in claim.ranges
        for series, places in _in_range(bundle, claim, wanted)
        for place in places
    )


def _check_range(bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> None:
    expected, name = (
        wanted.first_ordinal,
        f"{claim.signal_of(wanted)} from {wanted.source}/{wanted.epoch}",
    )
    blocks = blocks_in(bundle, claim, wanted)
    for block in blocks:
        if block.head.first_ordinal != expected:
            last = block.head.first_ordinal - 1
            msg = f"{name}: readings {expected} to {last} are missing before {block.place}"
            raise WrongEvidence(msg)
        expected += block.head.count
    if expected != wanted.last_ordinal + 1:
        msg = f"{name}: readings {expected} to {wanted.last_ordinal} are missing at the end"
        raise WrongEvidence(msg)
    first, last = blocks[0].signed.header.number, blocks[-1].signed.header.number
    if (first, last) != (wanted.first_header, wanted.last_header):
        msg = f"{name}: the usage record names segments {wanted.first_header} to "
        msg += f"{wanted.last_header}, the blocks stand in {first} to {last}"
        raise WrongEvidence(msg)
    _check_start(bundle, claim, wanted)


def _check_start(bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> None:
    """Refuse evidence that begins after the period does: earlier records could have been left out.

    The reading in force at the start of the period stands in the first block, or there is none.
    """
    low, _ = _instants_in(bundle, claim, wanted)
    if wanted.first_ordinal > 1 and int(low[0]) >= claim.period.start:
        msg = f"{claim.signal_of(wanted)} from {wanted.source}/{wanted.epoch}: the evidence begins "
        msg += "after the period does, with records before it left out"
        raise WrongEvidence(msg)


def open_ends(bundle: Bundle, claim: UsageRecord) -> list[EvidenceRange]:
    """Return the ranges without a record at or after the end of the period.

    What such a source recorded later, nobody can see from the bundle.
    """
    return [
        wanted
        for wanted in claim.ranges
        if not np.any(_instants_in(bundle, claim, wanted)[1] >= claim.period.end)
    ]


def blocks_in(bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange) -> list[ProvenBlock]:
    """Return the blocks of a range that a claim names, in their order, without those with a flaw.

    Those are found by `check_blocks`.
    """
    return [
        series.blocks[place]
        for series, places in _in_range(bundle, claim, wanted)
        for place in places
    ]


def _instants_in(
    bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the smallest and the largest instant of each block of a range."""
    for series, places in _in_range(bundle, claim, wanted):
        low, high = series.instants
        return low[places], high[places]
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)


def _in_range(
    bundle: Bundle, claim: UsageRecord, wanted: EvidenceRange
) -> Iterator[tuple[Series, list[int]]]:
    """Yield the series of a range, where there is one, with the places of its blocks."""
    series = bundle.series_of(claim.signal_of(wanted), wanted.source, wanted.epoch)
    if series is not None:
        yield series, series.between(wanted.first_ordinal, wanted.last_ordinal)
