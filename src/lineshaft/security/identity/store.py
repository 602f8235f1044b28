"""Organisations, people, sessions, API tokens and sources in SQL."""

from typing import Any

import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.security.identity.model import (
    ApiToken,
    Organisation,
    Person,
    Role,
    Session,
    Source,
    SourceKey,
    SourceState,
    StakeholderRole,
)
from lineshaft.security.identity.tables import (
    API_TOKEN,
    LOGIN_ATTEMPT,
    ORGANISATION,
    PERSON,
    SESSION,
    SOURCE,
    SOURCE_EPOCH,
)


class SqlPersonStore:
    """Implements `PersonStore`."""

    def save_organisation(self, connection: sa.Connection, organisation: Organisation) -> None:
        """Keep an organisation, new or changed."""
        roles = canonical.encode(sorted(organisation.stakeholder_roles)).decode()
        values = {"name": organisation.name, "stakeholder_roles": roles}
        is_this = ORGANISATION.c.id == organisation.id
        changed = connection.execute(sa.update(ORGANISATION).where(is_this).values(values))
        if changed.rowcount == 0:
            connection.execute(sa.insert(ORGANISATION).values(id=organisation.id, **values))

    def organisations(self, connection: sa.Connection) -> list[Organisation]:
        """Return all organisations in order of their id."""
        query = sa.select(ORGANISATION).order_by(ORGANISATION.c.id)
        return [_to_organisation(row) for row in connection.execute(query)]

    def organisation(self, connection: sa.Connection, key: str) -> Organisation | None:
        """Return one organisation."""
        row = connection.execute(sa.select(ORGANISATION).where(ORGANISATION.c.id == key)).first()
        return None if row is None else _to_organisation(row)

    def add_person(self, connection: sa.Connection, person: Person, password_hash: str) -> None:
        """Keep a new person."""
        connection.execute(
            sa.insert(PERSON).values(
                id=person.id,
                user_name=person.user_name,
                created_at=person.created_at,
                password_hash=password_hash,
                **_changeable(person),
            )
        )

    def save_person(self, connection: sa.Connection, person: Person) -> None:
        """Keep what changed of a person; the password hash stays."""
        is_this = PERSON.c.id == person.id
        connection.execute(sa.update(PERSON).where(is_this).values(_changeable(person)))

    def save_password(self, connection: sa.Connection, person: str, password_hash: str) -> None:
        """Keep a new password hash."""
        statement = sa.update(PERSON).where(PERSON.c.id == person)
        connection.execute(statement.values(password_hash=password_hash))

    def people(self, connection: sa.Connection) -> list[Person]:
        """Return everybody in order of the user name."""
        query = sa.select(PERSON).order_by(PERSON.c.user_name)
        return [_to_person(row) for row in connection.execute(query)]

    def person(self, connection: sa.Connection, key: str) -> Person | None:
        """Return the person with that id."""
        row = connection.execute(sa.select(PERSON).where(PERSON.c.id == key)).first()
        return None if row is None else _to_person(row)

    def person_named(self, connection: sa.Connection, user_name: str) -> Person | None:
        """Return the person with that user name."""
        query = sa.select(PERSON).where(PERSON.c.user_name == user_name)
        row = connection.execute(query).first()
        return None if row is None else _to_person(row)

    def password_hash(self, connection: sa.Connection, person: str) -> str:
        """Return the password hash of a person that exists."""
        query = sa.select(PERSON.c.password_hash).where(PERSON.c.id == person)
        return str(connection.execute(query).scalar_one())


class SqlAccessStore:
    """Implements `AccessStore`."""

    def add_session(self, connection: sa.Connection, session: Session) -> None:
        """Keep a new session."""
        connection.execute(
            sa.insert(SESSION).values(
                token_hash=session.token_hash,
                person=session.person,
                begun_at=session.begun_at,
                used_at=session.used_at,
            )
        )

    def session(self, connection: sa.Connection, token_hash: bytes) -> Session | None:
        """Return one session."""
        query = sa.select(SESSION).where(SESSION.c.token_hash == token_hash)
        row = connection.execute(query).first()
        return None if row is None else _to_session(row)

    def touch_session(self, connection: sa.Connection, token_hash: bytes, at: Instant) -> None:
        """Write down that a session was used."""
        statement = sa.update(SESSION).where(SESSION.c.token_hash == token_hash)
        connection.execute(statement.values(used_at=at))

    def sessions(self, connection: sa.Connection, person: str) -> list[Session]:
        """Return the sessions of a person, oldest use first."""
        query = (
            sa.select(SESSION)
            .where(SESSION.c.person == person)
            .order_by(SESSION.c.used_at, SESSION.c.begun_at, SESSION.c.token_hash)
        )
        return [_to_session(row) for row in connection.execute(query)]

    def remove_session(self, connection: sa.Connection, token_hash: bytes) -> None:
        """Forget one session."""
        connection.execute(sa.delete(SESSION).where(SESSION.c.token_hash == token_hash))

    def add_token(self, connection: sa.Connection, token: ApiToken) -> None:
        """Keep a new API token."""
        connection.execute(
            sa.insert(API_TOKEN).values(
                id=token.id,
                person=token.person,
                name=token.name,
                token_hash=token.token_hash,
                created_at=token.created_at,
                expires_at=token.expires_at,
            )
        )

    def tokens(self, connection: sa.Connection, person: str) -> list[ApiToken]:
        """Return the API tokens of a person in order of their name."""
        query = sa.select(API_TOKEN).where(API_TOKEN.c.person == person).order_by(API_TOKEN.c.name)
        return [_to_token(row) for row in connection.execute(query)]

    def token(self, connection: sa.Connection, key: str) -> ApiToken | None:
        """Return the API token with that id."""
        row = connection.execute(sa.select(API_TOKEN).where(API_TOKEN.c.id == key)).first()
        return None if row is None else _to_token(row)

    def token_hashed(self, connection: sa.Connection, token_hash: bytes) -> ApiToken | None:
        """Return the API token with that hash."""
        query = sa.select(API_TOKEN).where(API_TOKEN.c.token_hash == token_hash)
        row = connection.execute(query).first()
        return None if row is None else _to_token(row)

    def remove_token(self, connection: sa.Connection, key: str) -> None:
        """Forget one API token."""
        connection.execute(sa.delete(API_TOKEN).where(API_TOKEN.c.id == key))

    def add_attempt(self, connection: sa.Connection, user_name: str, at: Instant) -> None:
        """Keep an attempt to sign in."""
        connection.execute(sa.insert(LOGIN_ATTEMPT).values(user_name=user_name, at=at))

    def count_attempts(
        self, connection: sa.Connection, user_name: str, since: Instant
    ) -> tuple[int, int]:
        """Forget attempts before `since`; return how many are left of that name, and of all."""
        connection.execute(sa.delete(LOGIN_ATTEMPT).where(LOGIN_ATTEMPT.c.at < since))
        is_of_name = sa.case((LOGIN_ATTEMPT.c.user_name == user_name, 1))
        query = sa.select(sa.func.count(is_of_name), sa.func.count(LOGIN_ATTEMPT.c.sequence))
        of_name, of_all = connection.execute(query).one()
        return of_name, of_all

    def clear_attempts(self, connection: sa.Connection, user_name: str) -> None:
        """Forget the attempts of one name."""
        connection.execute(sa.delete(LOGIN_ATTEMPT).where(LOGIN_ATTEMPT.c.user_name == user_name))


class SqlSourceStore:
    """Implements `SourceStore`."""

    def save_source(self, connection: sa.Connection, source: Source) -> None:
        """Keep a source, new or changed, and the keys of its present epoch if it has one."""
        values = {
            "epoch": source.epoch,
            "public_key": source.public_key,
            "salt_secret": source.salt_secret,
            "state": source.state.value,
            "requested_at": source.requested_at,
            "wanted_salt_secret": source.wanted_salt_secret,
            "reason": source.reason,
        }
        is_this = SOURCE.c.id == source.id
        changed = connection.execute(sa.update(SOURCE).where(is_this).values(values))
        if changed.rowcount == 0:
            connection.execute(sa.insert(SOURCE).values(id=source.id, **values))
        if source.epoch and self.source_key(connection, source.id, source.epoch) is None:
            connection.execute(
                sa.insert(SOURCE_EPOCH).values(
                    source=source.id,
                    epoch=source.epoch,
                    public_key=source.public_key,
                    salt_secret=source.salt_secret,
                )
            )

    def source(self, connection: sa.Connection, key: SourceId) -> Source | None:
        """Return one source."""
        row = connection.execute(sa.select(SOURCE).where(SOURCE.c.id == key)).first()
        return None if row is None else _to_source(row)

    def sources(self, connection: sa.Connection) -> list[Source]:
        """Return all sources in order of their id."""
        query = sa.select(SOURCE).order_by(SOURCE.c.id)
        return [_to_source(row) for row in connection.execute(query)]

    def count_waiting(self, connection: sa.Connection) -> int:
        """Return how many sources an administrator has to decide on."""
        is_waiting = (SOURCE.c.state == SourceState.WAITING.value) | (
            SOURCE.c.wanted_salt_secret.is_not(None)
        )
        return connection.execute(sa.select(sa.func.count()).where(is_waiting)).scalar_one()

    def source_key(self, connection: sa.Connection, key: SourceId, epoch: int) -> SourceKey | None:
        """Return the keys of one epoch."""
        is_this = (SOURCE_EPOCH.c.source == key) & (SOURCE_EPOCH.c.epoch == epoch)
        row = connection.execute(_KEYS.where(is_this)).first()
        return None if row is None else _to_source_key(row)

    def source_keys(self, connection: sa.Connection) -> list[SourceKey]:
        """Return the keys of all epochs in order of source and epoch."""
        query = _KEYS.order_by(SOURCE_EPOCH.c.source, SOURCE_EPOCH.c.epoch)
        return [_to_source_key(row) for row in connection.execute(query)]


_KEYS = sa.select(SOURCE_EPOCH, SOURCE.c.state, SOURCE.c.epoch.label("present_epoch")).join_from(
    SOURCE_EPOCH, SOURCE, SOURCE.c.id == SOURCE_EPOCH.c.source
)


def _changeable(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "role": person.role.value,
        "organisation": person.organisation,
        "is_active": person.is_active,
    }


def _to_organisation(row: sa.Row[Any]) -> Organisation:
    roles = canonical.decode(row.stakeholder_roles.encode())
    return Organisation(row.id, row.name, frozenset(StakeholderRole(role) for role in roles))


def _to_person(row: sa.Row[Any]) -> Person:
    return Person(
        id=row.id,
        user_name=row.user_name,
        name=row.name,
        role=Role(row.role),
        organisation=row.organisation,
        is_active=row.is_active,
        created_at=Instant(row.created_at),
    )


def _to_session(row: sa.Row[Any]) -> Session:
    return Session(row.token_hash, row.person, Instant(row.begun_at), Instant(row.used_at))


def _to_token(row: sa.Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        person=row.person,
        name=row.name,
        token_hash=row.token_hash,
        created_at=Instant(row.created_at),
        expires_at=Instant(row.expires_at),
    )


def _to_source(row: sa.Row[Any]) -> Source:
    return Source(
        id=SourceId(row.id),
        epoch=row.epoch,
        public_key=row.public_key,
        salt_secret=row.salt_secret,
        state=SourceState(row.state),
        requested_at=Instant(row.requested_at),
        wanted_salt_secret=row.wanted_salt_secret,
        reason=row.reason,
    )


def _to_source_key(row: sa.Row[Any]) -> SourceKey:
    return SourceKey(
        source=SourceId(row.source),
        epoch=row.epoch,
        public_key=row.public_key,
        salt_secret=row.salt_secret,
        is_accepted=row.state == SourceState.ACCEPTED.value,
        is_current=row.epoch == row.present_epoch,
    )
