"""The signed sign of life of a source, outside the chain (`docs/formats/beat.md`)."""

import struct

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.errors import MalformedSegment
from lineshaft.core.segment.header import (
    SIGNATURE_BYTES,
    check_source_id,
    sign,
    verify_signature,
)

BEAT_MAGIC = b"LSB1"
_FIXED = struct.Struct("<IQq")


class Beat(msgspec.Struct, frozen=True):
    """What a source says of itself: how far its spool has come, at an instant of its clock."""

    source: SourceId
    epoch: int
    mark: int
    at: Instant

    def encode(self) -> bytes:
        """Return the canonical bytes, which are signed."""
        name = self.source.encode("ascii")
        return BEAT_MAGIC + bytes([len(name)]) + name + _FIXED.pack(self.epoch, self.mark, self.at)


def sign_beat(beat: Beat, key: Ed25519PrivateKey) -> bytes:
    """Return the beat as it travels: canonical bytes and signature."""
    return beat.encode() + sign(beat.encode(), key)


def decode_beat(data: bytes) -> Beat:
    """Read a beat as it travelled; the signature is not verified yet.

    Raises:
        MalformedSegment: when the bytes are no beat.
    """
    length = data[4] if len(data) > 4 else 0
    if data[:4] != BEAT_MAGIC or len(data) != 5 + length + _FIXED.size + SIGNATURE_BYTES:
        msg = f"{len(data)} bytes are no beat (LSB1)"
        raise MalformedSegment(msg)
    source = check_source_id(data[5 : 5 + length].decode("ascii", errors="replace"))
    epoch, mark, at = _FIXED.unpack(data[5 + length : -SIGNATURE_BYTES])
    return Beat(source, epoch, mark, Instant(at))


def verify_beat(data: bytes, key: Ed25519PublicKey) -> Beat:
    """Read a beat and check its signature.

    Raises:
        MalformedSegment: when the bytes are no beat.
        BadSignature: when the key did not make it.
    """
    beat = decode_beat(data)
    verify_signature(data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:], key)
    return beat
