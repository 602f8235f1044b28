"""A whole segment: cut from records, sealed, carried, opened and checked.

On the wire: `LSG1`, the length of the header (uint16), the header, its signature (64 bytes), then
each block behind its length (uint32), ordered by signal id (UTF-8 bytes).
"""

import itertools
import struct
from collections.abc import Iterable, Sequence
from operator import attrgetter

import msgspec
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lineshaft.core.period import Instant
from lineshaft.core.reading import Record, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    BlockColumns,
    decode_block,
    encode_block,
    encoded_size,
    from_records,
)
from lineshaft.core.segment.errors import MalformedSegment, WrongRoot
from lineshaft.core.segment.header import SIGNATURE_BYTES, Header, sign, verify_signature

SEGMENT_MAGIC = b"LSG1"
SEGMENT_RECORDS_MAX = 1_000
SEGMENT_BYTES_MAX = 65_536
"""The records of a segment, without the framing of its blocks."""
SEGMENT_WIRE_BYTES_MAX = 512 * 1_024
"""The whole segment: 1,000 blocks of one record each, with the longest signal ids, still fit."""


class SealedSegment(msgspec.Struct, frozen=True):
    """A sealed segment: header, signature and the canonical bytes of its blocks."""

    header: Header
    signature: bytes
    blocks: tuple[bytes, ...]


class ChainPosition(msgspec.Struct, frozen=True):
    """Where the next segment of a source goes: its number and the hash of the header before it."""

    source: SourceId
    epoch: int
    number: int
    previous_hash: bytes


def cut(records: Iterable[Record]) -> list[Record]:
    """Return the records at the front that make one full segment, at most.

    As many as fit into 1,000 records and 64 KiB; at least one, whatever its size.
    """
    taken: list[Record] = []
    size = 0
    for record in records:
        size += encoded_size(record)
        if taken and (len(taken) == SEGMENT_RECORDS_MAX or size > SEGMENT_BYTES_MAX):
            break
        taken.append(record)
    return taken


def seal(
    records: Sequence[Record], position: ChainPosition, salt_secret: bytes, key: Ed25519PrivateKey
) -> SealedSegment:
    """Seal contiguous records into a signed segment.

    Args:
        records: in sequence order, without gaps.
        position: place in the chain of headers.
        salt_secret: 32 bytes of the source and epoch.
        key: the source's private key.
    """
    by_signal = sorted(records, key=lambda r: (r.signal.encode(), r.sequence))
    groups = itertools.groupby(by_signal, key=attrgetter("signal"))
    blocks = [from_records(list(group)) for _, group in groups]
    return seal_blocks(blocks, position, salt_secret, key)


def seal_blocks(
    blocks: Sequence[BlockColumns],
    position: ChainPosition,
    salt_secret: bytes,
    key: Ed25519PrivateKey,
) -> SealedSegment:
    """Seal contiguous records that stand in their blocks already, ordered by signal id (UTF-8).

    See `seal`.
    """
    sequence = np.concatenate([block.sequence for block in blocks])
    ts = np.concatenate([block.ts for block in blocks])
    first = int(sequence.min())
    encoded = [encode_block(block) for block in blocks]
    leaves = [
        merkle.leaf_hash(merkle.salt_of(salt_secret, first, block.signal), data)
        for block, data in zip(blocks, encoded, strict=True)
    ]
    header = Header(
        source=position.source,
        epoch=position.epoch,
        number=position.number,
        first_sequence=first,
        last_sequence=int(sequence.max()),
        min_ts=Instant(int(ts.min())),
        max_ts=Instant(int(ts.max())),
        block_count=len(blocks),
        previous_hash=position.previous_hash,
        root=merkle.root(leaves),
    )
    return SealedSegment(header, sign(header.encode(), key), tuple(encoded))


def encode_segment(segment: SealedSegment) -> bytes:
    """Return the bytes that travel."""
    header = segment.header.encode()
    parts = [SEGMENT_MAGIC, struct.pack("<H", len(header)), header, segment.signature]
    for block in segment.blocks:
        parts += (struct.pack("<I", len(block)), block)
    return b"".join(parts)


def decode_segment(data: bytes) -> SealedSegment:
    """Read the bytes that travelled; nothing is verified yet.

    Raises:
        MalformedSegment: when they are no segment.
    """
    if data[:4] != SEGMENT_MAGIC or not 6 < len(data) <= SEGMENT_WIRE_BYTES_MAX:
        msg = f"{len(data)} bytes are no segment (LSG1)"
        raise MalformedSegment(msg)
    end = 6 + int.from_bytes(data[4:6], "little")
    header = Header.decode(data[6:end])
    signature = data[end : end + SIGNATURE_BYTES]
    at = end + SIGNATURE_BYTES
    blocks = []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        block = data[at + 4 : at + 4 + size]
        if len(block) != size or size == 0:
            msg = f"segment {header.number} of {header.source}/{header.epoch} ends too early"
            raise MalformedSegment(msg)
        blocks.append(block)
        at += 4 + size
    if len(blocks) != header.block_count:
        msg = f"segment {header.number} of {header.source}/{header.epoch}: expected "
        msg += f"{header.block_count} blocks, got {len(blocks)}"
        raise MalformedSegment(msg)
    return SealedSegment(header, signature, tuple(blocks))


def open_segment(
    segment: SealedSegment, salt_secret: bytes, key: Ed25519PublicKey
) -> list[BlockColumns]:
    """Verify a segment against its source's key and return its blocks.

    Checks the signature, the Merkle root, the order of the blocks, that their records are exactly
    those of the header's range, and that their instants are what the header says.

    Raises:
        BadSignature, WrongRoot, MalformedSegment: by what does not hold.
    """
    header = segment.header
    verify_signature(header.encode(), segment.signature, key)
    blocks = [decode_block(block) for block in segment.blocks]
    leaves = [
        merkle.leaf_hash(merkle.salt_of(salt_secret, header.first_sequence, block.signal), data)
        for block, data in zip(blocks, segment.blocks, strict=True)
    ]
    if merkle.root(leaves) != header.root:
        msg = f"segment {header.number} of {header.source}/{header.epoch}: the blocks are not "
        msg += "those that were signed"
        raise WrongRoot(msg)
    _check_blocks(header, blocks)
    return blocks


def _check_blocks(header: Header, blocks: Sequence[BlockColumns]) -> None:
    signals = [block.signal.encode() for block in blocks]
    sequences = sorted(itertools.chain.from_iterable(b.sequence.tolist() for b in blocks))
    expected = range(header.first_sequence, header.last_sequence + 1)
    is_sound = (
        all(left < right for left, right in itertools.pairwise(signals))
        and len(sequences) == len(expected)
        and all(map(int.__eq__, sequences, expected))
        and min(int(b.ts.min()) for b in blocks) == header.min_ts
        and max(int(b.ts.max()) for b in blocks) == header.max_ts
    )
    if not is_sound:
        msg = f"segment {header.number} of {header.source}/{header.epoch}: its records are not "
        msg += "those that the header announces"
        raise MalformedSegment(msg)
