"""What identity needs of a database, and of the room above that knows the high-water marks."""

from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.security.identity.model import (
    ApiToken,
    Mark,
    Organisation,
    Person,
    Session,
    Source,
    SourceKey,
)


class Marks(Protocol):
    """Knows how far the chain of a source has come; the historian implements it."""

    def mark(self, source: SourceId, epoch: int) -> Mark:
        """Return the high-water mark of a source and epoch; zeros when nothing came yet."""
        ...


class PersonStore(Protocol):
    """Keeps organisations and people."""

    def save_organisation(self, connection: sa.Connection, organisation: Organisation) -> None:
        """Keep an organisation, new or changed."""
        ...

    def organisations(self, connection: sa.Connection) -> list[Organisation]:
        """Return all organisations in order of their id."""
        ...

    def organisation(self, connection: sa.Connection, key: str) -> Organisation | None:
        """Return one organisation."""
        ...

    def add_person(self, connection: sa.Connection, person: Person, password_hash: str) -> None:
        """Keep a new person."""
        ...

    def save_person(self, connection: sa.Connection, person: Person) -> None:
        """Keep what changed of a person; the password hash stays."""
        ...

    def save_password(self, connection: sa.Connection, person: str, password_hash: str) -> None:
        """Keep a new password hash."""
        ...

    def people(self, connection: sa.Connection) -> list[Person]:
        """Return everybody in order of the user name."""
        ...

    def person(self, connection: sa.Connection, key: str) -> Person | None:
        """Return the person with that id."""
        ...

    def person_named(self, connection: sa.Connection, user_name: str) -> Person | None:
        """Return the person with that user name."""
        ...

    def password_hash(self, connection: sa.Connection, person: str) -> str:
        """Return the password hash of a person that exists."""
        ...


class AccessStore(Protocol):
    """Keeps sessions, API tokens and attempts to sign in."""

    def add_session(self, connection: sa.Connection, session: Session) -> None:
        """Keep a new session."""
        ...

    def session(self, connection: sa.Connection, token_hash: bytes) -> Session | None:
        """Return one session."""
        ...

    def touch_session(self, connection: sa.Connection, token_hash: bytes, at: Instant) -> None:
        """Write down that a session was used."""
        ...

    def sessions(self, connection: sa.Connection, person: str) -> list[Session]:
        """Return the sessions of a person, oldest use first."""
        ...

    def remove_session(self, connection: sa.Connection, token_hash: bytes) -> None:
        """Forget one session."""
        ...

    def add_token(self, connection: sa.Connection, token: ApiToken) -> None:
        """Keep a new API token."""
        ...

    def tokens(self, connection: sa.Connection, person: str) -> list[ApiToken]:
        """Return the API tokens of a person in order of their name."""
        ...

    def token(self, connection: sa.Connection, key: str) -> ApiToken | None:
        """Return the API token with that id."""
        ...

    def token_hashed(self, connection: sa.Connection, token_hash: bytes) -> ApiToken | None:
        """Return the API token with that hash."""
        ...

    def remove_token(self, connection: sa.Connection, key: str) -> None:
        """Forget one API token."""
        ...

    def add_attempt(self, connection: sa.Connection, user_name: str, at: Instant) -> None:
        """Keep an attempt to sign in."""
        ...

    def count_attempts(
        self, connection: sa.Connection, user_name: str, since: Instant
    ) -> tuple[int, int]:
        """Forget attempts before `since`; return how many are left of that name, and of all."""
        ...

    def clear_attempts(self, connection: sa.Connection, user_name: str) -> None:
        """Forget the attempts of one name."""
        ...


class SourceStore(Protocol):
    """Keeps sources and the keys of their epochs."""

    def save_source(self, connection: sa.Connection, source: Source) -> None:
        """Keep a source, new or changed, and the keys of its present epoch if it has one."""
        ...

    def source(self, connection: sa.Connection, key: SourceId) -> Source | None:
        """Return one source."""
        ...

    def sources(self, connection: sa.Connection) -> list[Source]:
        """Return all sources in order of their id."""
        ...

    def count_waiting(self, connection: sa.Connection) -> int:
        """Return how many sources an administrator has to decide on."""
        ...

    def source_key(self, connection: sa.Connection, key: SourceId, epoch: int) -> SourceKey | None:
        """Return the keys of one epoch."""
        ...

    def source_keys(self, connection: sa.Connection) -> list[SourceKey]:
        """Return the keys of all epochs in order of source and epoch."""
        ...
