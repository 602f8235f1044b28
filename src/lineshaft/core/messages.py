"""What edge and hub say to each other over the bus: subjects and small messages.

Segments (`docs/formats/segment.md`) and beats travel as their own bytes; the rest is JSON.
"""

from typing import Literal, TypeVar

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId

SEGMENTS_STREAM = "SEGMENTS"
SEGMENT_SUBJECTS = "segment.>"
ENROL_SUBJECT = "enrol"
MESSAGE_BYTES_MAX = 900_000
"""Below the bus's maximum payload of 1 MiB, with room for headers."""
LIVE_VALUES_MAX = 2_000


def segment_subject(source: SourceId) -> str:
    """Where a source publishes its segments; the hub's stream keeps them."""
    return f"segment.{source}"


def beat_subject(source: SourceId) -> str:
    """Where a source says that it lives."""
    return f"beat.{source}"


def live_subject(source: SourceId) -> str:
    """Where a source publishes its latest values; a view only, stored nowhere."""
    return f"live.{source}"


def notice_subject(source: SourceId) -> str:
    """Where the hub answers a source: committed, missing, or stop."""
    return f"notice.{source}"


class LiveValue(msgspec.Struct, frozen=True, array_like=True):
    """The latest value of a signal, for the eye."""

    signal: SignalId
    ts: Instant
    status: int
    display: str
    """The value as text; empty where there is none."""
    number: float | None
    """The value as a number for charts, where it is one."""
    sequence: int = 0
    """Of the record; beyond the last committed one, the value is not in the historian yet."""


class LiveBatch(msgspec.Struct, frozen=True, array_like=True):
    """At most 10 ms of latest values of a source."""

    source: SourceId
    sent_at: Instant
    values: list[LiveValue]


class Notice(msgspec.Struct, frozen=True):
    """The hub's answer to a source.

    `committed`: everything up to header `number` and record `sequence` is in the historian for
    ever, and the edge may trim its spool up to there. `missing`: send again from header
    `number + 1`. `conflict`: another segment with that number is stored; the edge must stop.
    """

    kind: Literal["committed", "missing", "conflict"]
    epoch: int
    number: int
    sequence: int
    header_hash: str = ""
    """Hexadecimal hash of header `number`: where it is not the edge's own, the edge must stop."""


class EnrolRequest(msgspec.Struct, frozen=True):
    """A source asks to be let in."""

    source: SourceId
    public_key: str
    """Ed25519, hexadecimal."""
    salt_secret: str
    """32 bytes, hexadecimal; the hub needs it to rebuild proofs."""
    proof: str
    """Signature over `lineshaft-enrol‖source‖salt_secret`, hexadecimal: it owns the key."""
    is_new_epoch_wanted: bool = False
    """An edge that met a conflict asks for a fresh epoch; an administrator has to agree."""


class EnrolAnswer(msgspec.Struct, frozen=True):
    """The hub's answer to a request: let in with an epoch and a mark, waiting, or refused."""

    state: Literal["accepted", "waiting", "refused"]
    epoch: int = 0
    number: int = 0
    """Header number of the high-water mark; the edge sends from the next on."""
    sequence: int = 0
    reason: str = ""


_Message = LiveBatch | Notice | EnrolRequest | EnrolAnswer
_T = TypeVar("_T", LiveBatch, Notice, EnrolRequest, EnrolAnswer)
_encoder = msgspec.json.Encoder()


def enrol_proof(source: str, salt_secret: bytes) -> bytes:
    """Return the bytes that a source signs to show that it owns its key."""
    return b"lineshaft-enrol" + source.encode() + salt_secret


def encode(message: _Message) -> bytes:
    """Return a message as it travels."""
    return _encoder.encode(message)


def decode(data: bytes, kind: type[_T]) -> _T:
    """Read a message.

    Raises:
        Invalid: when the bytes are no such message.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        msg = f"cannot read a {kind.__name__} of {len(data)} bytes"
        raise Invalid(msg) from error
