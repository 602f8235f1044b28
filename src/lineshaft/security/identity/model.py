"""Organisations, people, sessions, API tokens and sources: pure types and rules."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, US_PER_S, Instant
from lineshaft.core.reading import SourceId
from lineshaft.security.authorisation.model import (
    LOCAL_OPERATOR,
    SYSTEM_ACTORS,
    SYSTEM_API,
    SYSTEM_EDGE,
    SYSTEM_INTAKE,
    SYSTEM_WORKER,
    Actor,
    Role,
)

__all__ = [
    "LOCAL_OPERATOR",
    "SYSTEM_ACTORS",
    "SYSTEM_API",
    "SYSTEM_EDGE",
    "SYSTEM_INTAKE",
    "SYSTEM_WORKER",
    "Actor",
    "ApiToken",
    "Mark",
    "Organisation",
    "Person",
    "Role",
    "Session",
    "Source",
    "SourceKey",
    "SourceState",
    "StakeholderRole",
]

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 200
"""Long enough for any phrase, short enough that hashing stays cheap for us."""
NAME_CHARACTERS_MAX = 120

SESSION_IDLE_US = 12 * 3_600 * US_PER_S
"""A session ends when it was not used for this long."""
SESSION_LIFE_US = 7 * US_PER_DAY
"""A session ends this long after the login, however much it is used."""
SESSION_TOUCH_US = 300 * US_PER_S
"""Use is written down at most this often, so that reading a page does not write each time."""
SESSIONS_PER_PERSON_MAX = 20
TOKENS_PER_PERSON_MAX = 50
TOKEN_DAYS_MAX = 366
PEOPLE_MAX = 10_000
ORGANISATIONS_MAX = 10_000

LOGINS_PER_MINUTE_MAX = 10
"""Attempts per user name, right ones included, since the last success."""
ALL_LOGINS_PER_MINUTE_MAX = 600
"""Attempts of everybody together: bounds what strangers can make the hub hash and write."""
LOGIN_WINDOW_US = 60 * US_PER_S

SOURCES_WAITING_MAX = 100
SOURCE_REASON_CHARACTERS_MAX = 500

_USER_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}", re.ASCII)
_ORGANISATION_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


class StakeholderRole(StrEnum):
    """What an organisation is in the service ecosystem; it may be several."""

    EQUIPMENT_MAKER = "equipment_maker"
    PRODUCTION_PARTNER = "production_partner"
    DISTRIBUTION_PARTNER = "distribution_partner"
    DOWNSTREAM_CUSTOMER = "downstream_customer"
    END_CONSUMER = "end_consumer"


class Organisation(msgspec.Struct, frozen=True):
    """Somebody that people act for; its legal data are the business of contracts."""

    id: str
    name: str
    stakeholder_roles: frozenset[StakeholderRole] = frozenset()

    def __post_init__(self) -> None:
        """Refuse an id or a name that cannot be one."""
        if _ORGANISATION_ID.fullmatch(self.id) is None:
            msg = (
                f"organisation id {self.id!r}: expected lower-case letters, digits, _ and -, "
                "at most 63"
            )
            raise Invalid(msg)
        check_name(self.name)


class Person(msgspec.Struct, frozen=True):
    """Somebody who can sign in.

    Attributes:
        user_name: unique, lower case; what is typed at the login.
        is_active: a person who left stays for the audit chain and cannot sign in.
    """

    id: str
    user_name: str
    name: str
    role: Role
    organisation: str | None
    is_active: bool
    created_at: Instant

    def __post_init__(self) -> None:
        """Refuse what cannot be a person: a bad name, a system role, a customer of nobody."""
        if _USER_NAME.fullmatch(self.user_name) is None:
            msg = (
                f"user name {self.user_name!r}: expected lower-case letters, digits and . _ @ + -, "
                "at most 100"
            )
            raise Invalid(msg)
        check_name(self.name)
        if self.role is Role.SYSTEM:
            msg = f"user {self.user_name}: the role system is for processes, not for people"
            raise Invalid(msg)
        if self.role is Role.CUSTOMER and self.organisation is None:
            msg = f"user {self.user_name}: a customer acts for an organisation; name it"
            raise Invalid(msg)

    def to_actor(self) -> Actor:
        """Return the actor as whom the person asks."""
        return Actor(self.id, self.role, self.organisation, self.name)


def check_name(name: str) -> None:
    """Refuse a name that is empty, too long or not printable.

    Raises:
        Invalid: with the reason.
    """
    if not (name.strip() and name.isprintable() and len(name) <= NAME_CHARACTERS_MAX):
        msg = f"name {name[:40]!r}: expected 1 to {NAME_CHARACTERS_MAX} printable characters"
        raise Invalid(msg)


def check_password(password: str) -> None:
    """Refuse a password that is too short or too long (NIST SP 800-63B, 3.1.1.2: length only).

    Raises:
        Invalid: with the limits; the password is not in the message.
    """
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        msg = (
            f"the password has {len(password)} characters: expected {PASSWORD_CHARACTERS_MIN} "
            f"to {PASSWORD_CHARACTERS_MAX}"
        )
        raise Invalid(msg)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; the token itself is stored nowhere, only its hash."""

    token_hash: bytes = field(repr=False)
    person: str
    begun_at: Instant
    used_at: Instant

    def is_valid(self, now: Instant) -> bool:
        """Tell whether the session is neither idle for too long nor too old."""
        return now < self.ends_at

    @property
    def ends_at(self) -> Instant:
        """When it ends unless it is used before."""
        return Instant(min(self.used_at + SESSION_IDLE_US, self.begun_at + SESSION_LIFE_US))

    def needs_touch(self, now: Instant) -> bool:
        """Tell whether its use has to be written down again."""
        return now - self.used_at >= SESSION_TOUCH_US


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A named key for scripts; it acts with the role of the person who made it."""

    id: str
    person: str
    name: str
    token_hash: bytes = field(repr=False)
    created_at: Instant
    expires_at: Instant


class SourceState(StrEnum):
    """How far a source has come."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Source:
    """Who numbers records, and the key with which it signs them.

    Attributes:
        epoch: the present one, from 1; 0 while it was never accepted.
        public_key: Ed25519, 32 bytes; it never changes for an accepted source.
        salt_secret: 32 bytes, of the present epoch (while waiting: as asked for).
        state: of the source itself.
        wanted_salt_secret: of the new epoch that it asks for, if it does; an administrator has to
            agree, since records of the old epoch may be lost with it.
        requested_at: of the last request that an administrator has to answer.
    """

    id: SourceId
    epoch: int
    public_key: bytes
    salt_secret: bytes = field(repr=False)
    state: SourceState
    requested_at: Instant
    wanted_salt_secret: bytes | None = field(default=None, repr=False)
    reason: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether an administrator has something to decide."""
        return self.state is SourceState.WAITING or self.wanted_salt_secret is not None

    @property
    def fingerprint(self) -> str:
        """The public key as people compare it: lower-case hexadecimal in groups of four."""
        text = self.public_key.hex()
        return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@dataclass(frozen=True, slots=True)
class SourceKey:
    """The keys of a source in one epoch.

    Attributes:
        is_accepted: whether intake may take segments under it: the source is accepted. The keys of
            a source that was refused later still verify what it sent before.
        is_current: whether the epoch is the source's present one.
    """

    source: SourceId
    epoch: int
    public_key: bytes
    salt_secret: bytes = field(repr=False)
    is_accepted: bool
    is_current: bool


class Mark(msgspec.Struct, frozen=True):
    """High-water mark of a source and epoch in the historian; zeros before the first segment."""

    number: int
    sequence: int
