"""The signed header of a segment (`docs/formats/segment.md`)."""

import functools
import hashlib
import re
import struct

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.errors import BadSignature, MalformedSegment
from lineshaft.core.segment.merkle import HASH_BYTES

HEADER_MAGIC = b"LSH1"
SIGNATURE_BYTES = 64
SOURCES_KNOWN_MAX = 1_024
NO_PREVIOUS = bytes(HASH_BYTES)
"""What the first header of an epoch names as the hash of the previous one."""

_FIXED = struct.Struct("<IQQQqqI32s32s")
_IDENTITY = struct.Struct("<IQ")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def check_source_id(source: str) -> SourceId:
    """Pass a source id: lower-case letters, digits and `-`, at most 63.

    Raises:
        MalformedSegment: otherwise.
    """
    if _SOURCE.fullmatch(source) is None:
        msg = f"source id {source!r}: expected lower-case letters, digits and -, at most 63"
        raise MalformedSegment(msg)
    return SourceId(source)


class Header(msgspec.Struct, frozen=True):
    """What a source signs of a segment.

    Attributes:
        epoch: given by the hub at enrolment, from 1.
        number: position in the chain of headers, from 1, without gaps.
        first_sequence, last_sequence: the contiguous range of records.
        min_ts, max_ts: smallest and largest effective instant.
        block_count: number of leaves of the tree.
        previous_hash: SHA-256 of the previous header of this source and epoch.
        root: Merkle root over the salted blocks, ordered by signal id (UTF-8 bytes).
    """

    source: SourceId
    epoch: int
    number: int
    first_sequence: int
    last_sequence: int
    min_ts: Instant
    max_ts: Instant
    block_count: int
    previous_hash: bytes
    root: bytes

    @property
    def record_count(self) -> int:
        """Number of records in the segment."""
        return self.last_sequence - self.first_sequence + 1

    def encode(self) -> bytes:
        """Return the canonical bytes, which are hashed and signed."""
        name = self.source.encode("ascii")
        return (
            HEADER_MAGIC
            + bytes([len(name)])
            + name
            + _FIXED.pack(
                self.epoch,
                self.number,
                self.first_sequence,
                self.last_sequence,
                self.min_ts,
                self.max_ts,
                self.block_count,
                self.previous_hash,
                self.root,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> "Header":
        """Read canonical bytes.

        Raises:
            MalformedSegment: when they are no header, or one that contradicts itself.
        """
        length = data[4] if len(data) > 4 else 0
        if data[:4] != HEADER_MAGIC or len(data) != 5 + length + _FIXED.size:
            msg = f"{len(data)} bytes are no segment header (LSH1)"
            raise MalformedSegment(msg)
        source = _source_of(data[5 : 5 + length])
        header = cls(source, *_FIXED.unpack_from(data, 5 + length))
        header._check()
        return header

    def _check(self) -> None:
        is_sound = (
            self.epoch >= 1
            and self.number >= 1
            and 1 <= self.first_sequence <= self.last_sequence
            and self.min_ts <= self.max_ts
            and 1 <= self.block_count <= self.record_count
            and (self.number == 1) == (self.previous_hash == NO_PREVIOUS)
            and (self.number == 1) == (self.first_sequence == 1)
        )
        if not is_sound:
            msg = f"the header {self.number} of {self.source}/{self.epoch} contradicts itself"
            raise MalformedSegment(msg)

    def hash(self) -> bytes:
        """Return the SHA-256 of the canonical bytes, which the next header names."""
        return hashlib.sha256(self.encode()).digest()


@functools.lru_cache(SOURCES_KNOWN_MAX)
def _source_of(name: bytes) -> SourceId:
    """Read a source id; a reader of many headers meets the same few again and again."""
    try:
        return check_source_id(name.decode("ascii"))
    except UnicodeDecodeError as error:
        msg = "a segment header names its source in other characters than ASCII"
        raise MalformedSegment(msg) from error


def identity_of(data: bytes) -> tuple[SourceId, int, int]:
    """Return source, epoch and number of a header from canonical bytes that are known to be one."""
    end = 5 + data[4]
    epoch, number = _IDENTITY.unpack_from(data, end)
    return SourceId(data[5:end].decode("ascii")), epoch, number


def sign(message: bytes | memoryview, key: Ed25519PrivateKey) -> bytes:
    """Sign canonical bytes; each format begins with a magic of its own, so none passes as another.

    Returns:
        64 bytes (Ed25519, RFC 8032).
    """
    return key.sign(message)


def verify_signature(message: bytes | memoryview, signature: bytes, key: Ed25519PublicKey) -> None:
    """Check a signature over canonical bytes.

    Raises:
        BadSignature: when the key did not make it.
    """
    try:
        key.verify(signature, message)
    except InvalidSignature as error:
        msg = f"the signature over {bytes(message[:4])!r}… was not made by the expected key"
        raise BadSignature(msg) from error
