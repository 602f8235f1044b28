"""The audit chain: pure content, hashing and verification.

Each entry's content names the hash of the entry before (as in RFC 6962's append-only idea, in its
simplest form): changing, removing or reordering any of them breaks the chain from there on, and the
head that is kept apart shows a cut tail.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Self

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, format_instant, parse_instant

GENESIS_HASH = bytes(32)
"""What the first entry names as the hash of the one before."""
DETAIL_BYTES_MAX = 16 * 1_024
AUDIT_PAGE_MAX = 500
_FORMAT = "lineshaft/audit-entry/1"
_HASH_BYTES = 32


class AuditEntry(msgspec.Struct, frozen=True):
    """Somebody did something to something.

    Attributes:
        number: position in the chain, from 1, without gaps.
        actor, actor_name, role: who, and as what.
        action: what was asked of `authorize`, or a word of the room for what followed from it.
        subject: the thing, such as `source/press-1`.
        detail: JSON content without floats, and without secrets.
        previous_hash: of the entry before; `GENESIS_HASH` for the first.
    """

    number: int
    at: Instant
    actor: str
    actor_name: str
    role: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous_hash: bytes

    def encode(self) -> bytes:
        """Return the canonical JSON that is hashed."""
        return canonical.encode(
            {
                "format": _FORMAT,
                "number": self.number,
                "at": format_instant(self.at),
                "actor": self.actor,
                "actor_name": self.actor_name,
                "role": self.role,
                "action": self.action,
                "subject": self.subject,
                "detail": self.detail,
                "previous_hash": self.previous_hash.hex(),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read canonical JSON.

        Raises:
            Invalid: when it is no audit entry.
        """
        content = canonical.decode(data)
        try:
            entry = cls(
                number=content["number"],
                at=parse_instant(content["at"]),
                actor=content["actor"],
                actor_name=content["actor_name"],
                role=content["role"],
                action=content["action"],
                subject=content["subject"],
                detail=content["detail"],
                previous_hash=canonical.decode_hex(content["previous_hash"], _HASH_BYTES),
            )
        except (KeyError, TypeError, AttributeError) as error:
            msg = "not an audit entry: a field is missing or of another kind"
            raise Invalid(msg) from error
        if entry.encode() != data:
            msg = "not an audit entry: it holds other fields too"
            raise Invalid(msg)
        return entry

    def hash(self) -> bytes:
        """Return the SHA-256 of the canonical JSON, which the next entry names."""
        return hashlib.sha256(self.encode()).digest()


def check_detail(detail: dict[str, Any]) -> None:
    """Refuse a detail that is too large or cannot be written.

    Raises:
        Invalid: with the reason.
    """
    size = len(canonical.encode(detail))
    if size > DETAIL_BYTES_MAX:
        msg = f"the detail of an audit entry has {size} bytes, at most {DETAIL_BYTES_MAX}"
        raise Invalid(msg)


class ChainHead(msgspec.Struct, frozen=True):
    """The number and hash of the last entry; kept apart from the entries."""

    number: int
    hash: bytes


EMPTY_HEAD = ChainHead(0, GENESIS_HASH)


class AuditRow(msgspec.Struct, frozen=True):
    """An entry as it is stored: the canonical bytes, and the columns that are searched by."""

    number: int
    at: Instant
    actor: str
    action: str
    subject: str
    content: str
    hash: bytes


class AuditQuery(msgspec.Struct, frozen=True):
    """Which entries, newest first; None means any.

    Attributes:
        before: only entries with a smaller number (the next page).
        limit: from 1 to `AUDIT_PAGE_MAX`.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    before: int | None = None
    limit: int = 100

    def __post_init__(self) -> None:
        """Refuse a page that is too large."""
        if not 1 <= self.limit <= AUDIT_PAGE_MAX:
            msg = f"asked for {self.limit} audit entries: expected 1 to {AUDIT_PAGE_MAX}"
            raise Invalid(msg)


class ChainReport(msgspec.Struct, frozen=True):
    """What a check of the chain found.

    Attributes:
        count: entries that are right, from the first on.
        head_hash: of the last of them; note it elsewhere to find a chain that was written anew.
        wrong_number: the first entry that is not; None when all are.
        reason: what is wrong with it.
    """

    count: int
    head_hash: bytes
    wrong_number: int | None = None
    reason: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether every entry is as it was written."""
        return self.wrong_number is None


def verify_rows(rows: Iterable[AuditRow], head: ChainHead) -> ChainReport:
    """Check all rows, in order of their number, against each other and against the head."""
    last = EMPTY_HEAD
    for row in rows:
        reason = _fault(row, last)
        if reason:
            return ChainReport(last.number, last.hash, last.number + 1, reason)
        last = ChainHead(row.number, row.hash)
    if last != head:
        return ChainReport(
            last.number, last.hash, last.number + 1, "the chain does not end at its head"
        )
    return ChainReport(last.number, last.hash)


def _fault(row: AuditRow, last: ChainHead) -> str:
    try:
        entry = AuditEntry.decode(row.content.encode())
    except Invalid as error:
        return str(error)
    if entry.previous_hash != last.hash:
        return "it does not name the hash of the entry before"
    if entry.number != last.number + 1:
        return "its number is not the next"
    columns = (row.number, row.at, row.actor, row.action, row.subject)
    if columns != (entry.number, entry.at, entry.actor, entry.action, entry.subject):
        return "its columns differ from its content"
    return "" if row.hash == entry.hash() else "its content differs from its hash"
