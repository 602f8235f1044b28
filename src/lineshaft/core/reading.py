"""Readings, refusals, and the numbered records that an edge makes of them."""

import enum
import re
from typing import NewType

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant
from lineshaft.core.value import Value

SignalId = NewType("SignalId", str)
"""`<machine>/<name>`: the edge's own immutable name of a series of readings."""
SourceId = NewType("SourceId", str)
"""Who numbers records: an edge node, a back-fill, or the hub itself."""

SIGNAL_ID_BYTES_MAX = 200
_MACHINE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SIGNAL = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}/[^\x00-\x20\x7f/]{1,128}")


class StatusCode:
    """The OPC UA status codes that Lineshaft itself writes (OPC 10000-4, clause 7.39; Part 6).

    Any other code of a source is kept as it came; its quality is in the two highest bits.
    """

    GOOD = 0x0000_0000
    UNCERTAIN = 0x4000_0000
    BAD = 0x8000_0000
    BAD_NO_COMMUNICATION = 0x8031_0000
    BAD_DECODING_ERROR = 0x8007_0000
    BAD_OUT_OF_RANGE = 0x803C_0000


def is_good(status_code: int) -> bool:
    """Tell whether the severity bits say good (OPC 10000-4, table 177: 00 = good)."""
    return status_code >> 30 == 0


class RecordKind(enum.IntEnum):
    """What a numbered record is."""

    READING = 0
    CORRECTION = 1
    REFUSAL = 2
    COUNT = 3
    STATUS = 4


class Reading(msgspec.Struct, frozen=True):
    """What a connector understood: a value of a signal at an instant, with its quality.

    `ts` is the source's own stamp; the edge decides the effective instant. A value of None needs a
    status that is not good.
    """

    signal: SignalId
    ts: Instant
    value: Value
    status: int = StatusCode.GOOD


class Refused(msgspec.Struct, frozen=True):
    """What a connector could not take: the reason and the raw bytes, to be numbered all the same.

    `signal` is the signal that it belongs to, or `<machine>/$refused` when that is not known.
    """

    signal: SignalId
    ts: Instant
    reason: str
    raw: bytes


class Record(msgspec.Struct, frozen=True):
    """One numbered row of a source: what is spooled, sealed, stored and proven.

    Attributes:
        sequence: position in the source's epoch, from 1, without gaps.
        ordinal: position among the records of this signal in this source and epoch, from 1.
        ts: effective instant; never changes once stored.
        own_ts: the source's stamp where it differs from `ts`.
        mantissa, exponent, number, text: the value, see `to_columns`; for a refusal and a
            correction, `text` holds canonical JSON (`docs/formats/block.md`).
    """

    signal: SignalId
    sequence: int
    ordinal: int
    kind: RecordKind
    status: int
    ts: Instant
    own_ts: Instant | None = None
    mantissa: int | None = None
    exponent: int | None = None
    number: float | None = None
    text: str | None = None


def check_machine_id(machine: str) -> str:
    """Pass a machine id: lower-case letters, digits, `-` and `_`, at most 63.

    Raises:
        Invalid: otherwise.
    """
    if _MACHINE.fullmatch(machine) is None:
        msg = f"machine id {machine!r}: expected lower-case letters, digits, - and _, at most 63"
        raise Invalid(msg)
    return machine


def signal_id(machine: str, name: str) -> SignalId:
    """Join a machine id and a signal name.

    Raises:
        Invalid: when either has characters or a length that a signal id cannot have.
    """
    joined = f"{machine}/{name}"
    if _SIGNAL.fullmatch(joined) is None or len(joined.encode()) > SIGNAL_ID_BYTES_MAX:
        msg = f"signal {joined!r}: expected <machine>/<name> without blanks or slashes in the name"
        raise Invalid(msg)
    return SignalId(joined)


def machine_of(signal: str) -> str:
    """Return the machine id of a signal id."""
    return signal.partition("/")[0]


def name_of(signal: str) -> str:
    """Return the signal's name within its machine."""
    return signal.partition("/")[2]


REFUSED_NAME = "$refused"
"""Name of the signal that takes what belongs to no known signal of a machine."""
