"""Usage events: what a producer says, what becomes of it, and where it stands. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.value import Columns

API = SourceId("api")
"""The hub's own source, which numbers usage events."""

BATCH_EVENTS_MAX = 10_000
"""Events of one request."""
BATCH_HOURS_MAX = 1_000
"""Different hours that the events of one request lie in: each gets a file of its own."""
AHEAD_US_MAX = US_PER_DAY
"""How far the instant of an event may lie ahead of the hub's clock."""
EVENT_ID_CHARACTERS_MAX = 200
IDS_ASKED_MAX = 200
"""Ids of one question."""

_EVENT_ID = re.compile(rf"[!-~]{{1,{EVENT_ID_CHARACTERS_MAX}}}", re.ASCII)
_PRODUCER = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


class UsageMode(StrEnum):
    """What becomes of a batch with a bad event: nothing of it is stored, or all that is good."""

    ATOMIC = "atomic"
    EACH = "each"


class UsageOutcome(StrEnum):
    """What became of an event."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    """The same id with the same content is recorded already; the answer says where."""
    CONFLICT = "conflict"
    """The same id with other content is recorded already: that one stays."""
    REFUSED = "refused"
    """It cannot be read; a numbered refusal makes its period incomplete."""
    REJECTED = "rejected"
    """It names no id or no known signal, or lies too far ahead: it is not kept, its id is free."""


class Producer(msgspec.Struct, frozen=True):
    """Whoever gives events their ids: a name within an organisation, empty for the maker's own."""

    organisation: str
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that cannot be one."""
        if _PRODUCER.fullmatch(self.name) is None:
            msg = f"producer {self.name[:80]!r}: expected lower-case letters, digits, . _ and -, "
            raise Invalid(msg + "at most 63")


class Claim(msgspec.Struct, frozen=True):
    """What was made of one event as it was sent.

    Attributes:
        id, signal, ts: where they can be read.
        columns: the value; None when the event is bad.
        reason: what is wrong with a bad one.
        raw: a bad one, as JSON.
        digest: of the content, by which two events of one id are compared.
        can_be_kept: whether a bad one has an id and a signal that its refusal is numbered under.
    """

    id: str | None
    signal: SignalId | None
    ts: Instant | None
    digest: bytes
    columns: Columns | None = None
    reason: str = ""
    raw: bytes = b""
    can_be_kept: bool = True


class RecordPlace(msgspec.Struct, frozen=True, gc=False):
    """The record of an event: its identity for ever."""

    epoch: int
    sequence: int

    @property
    def source(self) -> SourceId:
        """The source that numbered it."""
        return API


class KeptEvent(msgspec.Struct, frozen=True, gc=False):
    """What is kept of an id for ever.

    Attributes:
        source_epoch: the number of the source and epoch in the manifest.
        is_refused: whether its record is a refusal.
    """

    id: str
    digest: bytes
    source_epoch: int
    epoch: int
    sequence: int
    is_refused: bool = False

    @property
    def place(self) -> RecordPlace:
        """Where its record stands."""
        return RecordPlace(self.epoch, self.sequence)


class UsageReceipt(msgspec.Struct, frozen=True, gc=False):
    """What became of one event of a batch; `place` is the record with its id, if there is one."""

    id: str | None
    outcome: UsageOutcome
    place: RecordPlace | None = None
    reason: str = ""


class UsageAnswer(msgspec.Struct, frozen=True):
    """What became of a batch.

    Attributes:
        receipts: one for each event, in order.
        known_at: the instant of the commit; None when nothing new was stored.
    """

    receipts: Sequence[UsageReceipt]
    known_at: Instant | None

    @property
    def is_complete(self) -> bool:
        """Whether every event is recorded as it was sent."""
        counts = self.counts()
        good = counts[UsageOutcome.STORED] + counts[UsageOutcome.DUPLICATE]
        return good == len(self.receipts)

    def counts(self) -> dict[UsageOutcome, int]:
        """Return how many events had each outcome."""
        said = [one.outcome for one in self.receipts]
        return {outcome: said.count(outcome) for outcome in UsageOutcome}


class StoredUsage(msgspec.Struct, frozen=True):
    """A recorded event with its content; without content when its record was deleted."""

    id: str
    place: RecordPlace
    is_refused: bool
    signal: SignalId | None = None
    ts: Instant | None = None
    columns: Columns | None = None


def is_event_id(value: Any) -> bool:
    """Tell whether something is an event id: 1 to 200 visible ASCII characters."""
    return type(value) is str and _EVENT_ID.fullmatch(value) is not None
