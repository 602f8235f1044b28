"""Runs: many consecutive segments of a source in one row of the manifest. Pure.

A header is 112 bytes and the name of its source, and nearly all of it follows from its neighbour:
numbers and sequences go on, the hash of the previous header is computed. What is left is the root
and the signature, 96 bytes that nothing compresses, and a few small numbers. The header is encoded
again from them, exactly, and a digest over the last one and everything beside it says whether it
is the one that was packed.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import SIGNATURE_BYTES, Header
from lineshaft.core.segment.merkle import HASH_BYTES
from lineshaft.platform.historian.errors import SegmentRunDamaged
from lineshaft.platform.historian.model import StoredHeader
from lineshaft.platform.historian.packed import SegmentRun

RUN_SEGMENTS_MAX = 256
"""Segments of a run: to read one header, all of them are decoded, in about a millisecond."""
_COLUMNS = 5
_LEVEL = 9


def pack(source_epoch: int, segments: Sequence[StoredHeader]) -> SegmentRun:
    """Pack consecutive segments, at most `RUN_SEGMENTS_MAX`; unpacked again they are the same.

    Raises:
        InvariantError: when they are not what a chain of one source and epoch is.
    """
    if not 1 <= len(segments) <= RUN_SEGMENTS_MAX:
        msg = f"cannot pack {len(segments)} segments: expected 1 to {RUN_SEGMENTS_MAX}"
        raise InvariantError(msg)
    headers = [one.header for one in segments]
    first, last = headers[0], headers[-1]
    body = b"".join(
        (
            first.previous_hash,
            *(header.root for header in headers),
            *(one.signature for one in segments),
            zlib.compress(_numbers(segments), _LEVEL),
        )
    )
    run = SegmentRun(
        source_epoch=source_epoch,
        first_number=first.number,
        last_number=last.number,
        first_sequence=first.first_sequence,
        last_sequence=last.last_sequence,
        min_ts=Instant(min(header.min_ts for header in headers)),
        max_ts=Instant(max(header.max_ts for header in headers)),
        first_known_at=segments[0].known_at,
        last_known_at=segments[-1].known_at,
        data=body + _digest(body, segments[-1]),
    )
    try:
        is_same = unpack(run, first.source, first.epoch) == list(segments)
    except SegmentRunDamaged:
        is_same = False
    if not is_same:
        msg = f"segments {first.number} to {last.number} of {first.source}/{first.epoch} cannot be "
        msg += "packed: they are not the consecutive segments of one chain"
        raise InvariantError(msg)
    return run


def unpack(run: SegmentRun, source: SourceId, epoch: int) -> list[StoredHeader]:
    """Return the segments of a run with the exact bytes that were signed.

    Args:
        run: as stored.
        source: whose it is.
        epoch: of the source.

    Raises:
        SegmentRunDamaged: when they are not those that were packed.
    """
    try:
        found = _unpacked(run, source, epoch)
    except (ValueError, zlib.error) as error:
        raise SegmentRunDamaged(_damaged(run, source, epoch)) from error
    if run.data[-HASH_BYTES:] != _digest(run.data[:-HASH_BYTES], found[-1]):
        raise SegmentRunDamaged(_damaged(run, source, epoch))
    return found


def _damaged(run: SegmentRun, source: SourceId, epoch: int) -> str:
    return (
        f"segments {run.first_number} to {run.last_number} of {source}/{epoch} are not stored as "
        "they were packed: the manifest is damaged"
    )


def _unpacked(run: SegmentRun, source: SourceId, epoch: int) -> list[StoredHeader]:
    count = run.count
    signatures_at = HASH_BYTES + HASH_BYTES * count
    numbers_at = signatures_at + SIGNATURE_BYTES * count
    data, previous = run.data, run.data[:HASH_BYTES]
    plain = zlib.decompress(data[numbers_at:-HASH_BYTES])
    records, low, span, blocks, known_at = _columns(plain, count)
    lasts = run.first_sequence - 1 + np.cumsum(records, dtype=np.int64)
    low = np.cumsum(low, dtype=np.int64)
    known_at = np.cumsum(known_at, dtype=np.int64)
    columns = (lasts, records, low, low + span, blocks, known_at)
    found = []
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for place, (last, size, min_ts, max_ts, block_count, known) in enumerate(rows):
        root_at, at = HASH_BYTES * (place + 1), signatures_at + SIGNATURE_BYTES * place
        header = Header(
            source=source,
            epoch=epoch,
            number=run.first_number + place,
            first_sequence=last - size + 1,
            last_sequence=last,
            min_ts=Instant(min_ts),
            max_ts=Instant(max_ts),
            block_count=block_count,
            previous_hash=previous,
            root=data[root_at : root_at + HASH_BYTES],
        )
        encoded = _encoded(header)
        previous = hashlib.sha256(encoded).digest()
        signature = data[at : at + SIGNATURE_BYTES]
        found.append(StoredHeader(header, encoded, signature, Instant(known)))
    return found


def _encoded(header: Header) -> bytes:
    """Return the canonical bytes; numbers that no header can have are a ValueError."""
    try:
        return header.encode()
    except (struct.error, OverflowError) as error:
        raise ValueError(str(error)) from error


def _digest(body: bytes, last: StoredHeader) -> bytes:
    """Return what binds the numbers in the row to the bytes beside them."""
    head = last.header_bytes + last.known_at.to_bytes(8, "little", signed=True)
    return hashlib.sha256(head + body).digest()


def _numbers(segments: Sequence[StoredHeader]) -> bytes:
    """Return records, instants, blocks and knowledge as differences, byte by byte of each.

    Differences may pass the end of an int64: they wrap around, and back again in the sum.
    """
    headers = [one.header for one in segments]
    low = np.array([header.min_ts for header in headers], dtype=np.int64)
    high = np.array([header.max_ts for header in headers], dtype=np.int64)
    known_at = np.array([one.known_at for one in segments], dtype=np.int64)
    columns = (
        np.array([header.record_count for header in headers], dtype=np.int64),
        np.diff(low, prepend=np.int64(0)),
        high - low,
        np.array([header.block_count for header in headers], dtype=np.int64),
        np.diff(known_at, prepend=np.int64(0)),
    )
    planes: NDArray[Any] = np.stack(columns).view(np.uint8).reshape(_COLUMNS, -1, 8)
    return planes.transpose(0, 2, 1).tobytes()


def _columns(plain: bytes, count: int) -> NDArray[np.int64]:
    """Return the columns that `_numbers` has written; a ValueError for any other length."""
    planes = np.frombuffer(plain, dtype=np.uint8).reshape(_COLUMNS, 8, count)
    whole = np.ascontiguousarray(planes.transpose(0, 2, 1))
    return whole.view(np.int64).reshape(_COLUMNS, count)
