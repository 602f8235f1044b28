"""Signing in: passwords, sessions and API tokens."""

import base64
from dataclasses import dataclass, field

import sqlalchemy as sa

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Action, Actor, Resource
from lineshaft.security.identity.errors import (
    LimitReached,
    LoginRefused,
    NameTaken,
    NotSignedIn,
    TooManyLogins,
    UnknownPerson,
    UnknownToken,
)
from lineshaft.security.identity.model import (
    ALL_LOGINS_PER_MINUTE_MAX,
    LOGIN_WINDOW_US,
    LOGINS_PER_MINUTE_MAX,
    NAME_CHARACTERS_MAX,
    SESSIONS_PER_PERSON_MAX,
    TOKEN_DAYS_MAX,
    TOKENS_PER_PERSON_MAX,
    ApiToken,
    Person,
    Session,
    check_name,
    check_password,
)
from lineshaft.security.identity.parts import LOGIN_LOCK, PEOPLE_LOCK, IdentityParts
from lineshaft.security.identity.passwords import (
    hash_of_nobody,
    hash_token,
    is_password,
)
from lineshaft.security.identity.people import People

SESSION_PREFIX = "lss_"
SCRIPT_PREFIX = "lst_"
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A login that succeeded.

    Attributes:
        token: for the cookie; shown this once.
        ends_at: when the session ends unless it is used before.
    """

    actor: Actor
    ends_at: Instant
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewToken:
    """An API token and its secret, which is shown this once and stored nowhere."""

    token: ApiToken
    secret: str = field(repr=False)


class SignIn(People):
    """Passwords, sessions and API tokens."""

    def __init__(self, parts: IdentityParts) -> None:
        """Make the hash that stands in for unknown users, so that they cost the same work."""
        super().__init__(parts)
        self._nobody = hash_of_nobody(parts.secret_bytes, parts.scrypt)

    def login(self, user_name: str, password: str) -> SignedIn:
        """Sign in.

        Raises:
            LoginRefused: when the name or the password is wrong, or the person has left.
            TooManyLogins: after `LOGINS_PER_MINUTE_MAX` attempts for this name within a minute,
                or `ALL_LOGINS_PER_MINUTE_MAX` of everybody; the password is not even looked at.
        """
        name = user_name.strip().lower()[:NAME_CHARACTERS_MAX]
        person = self._proven(name, password)
        token = self._new_secret(SESSION_PREFIX)
        now = self._clock.now()
        session = Session(hash_token(token), person.id, now, now)
        with self._database.unit_of_work() as unit:
            self._access.clear_attempts(unit.connection, name)
            self._make_room(unit.connection, person.id, now)
            self._access.add_session(unit.connection, session)
        return SignedIn(person.to_actor(), session.ends_at, token)

    def logout(self, token: str) -> None:
        """End a session; an unknown one is over already."""
        with self._database.unit_of_work() as unit:
            self._access.remove_session(unit.connection, hash_token(token))

    def actor_of_session(self, token: str) -> Actor:
        """Return who is asking, and write down that the session is in use.

        Raises:
            NotSignedIn: when the session is unknown or over, or the person has left.
        """
        token_hash, now = hash_token(token), self._clock.now()
        with self._database.read() as connection:
            session = self._access.session(connection, token_hash)
            if session is None or not session.is_valid(now):
                msg = "the session is over; sign in again"
                raise NotSignedIn(msg)
            actor = self._actor(connection, session.person)
        if session.needs_touch(now):
            with self._database.unit_of_work() as unit:
                self._access.touch_session(unit.connection, token_hash, now)
        return actor

    def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Change one's own password; all sessions end.

        Raises:
            LoginRefused: when the old password is wrong.
            TooManyLogins: after too many attempts.
            Invalid: when the new password is too short or too long.
        """
        self._authorizer.authorize(actor, Action.PASSWORD_WRITE, Resource("user", actor.id))
        check_password(new)
        person = self._proven(self._own(actor).user_name, old)
        password_hash = self._hash(new)
        with self._database.unit_of_work() as unit:
            self._access.clear_attempts(unit.connection, person.user_name)
            self._save_password(unit.connection, actor, person, password_hash)

    def create_token(self, actor: Actor, name: str, days: int) -> NewToken:
        """Make an API token that acts as its maker.

        Args:
            actor: the person whose token it becomes.
            name: unique among the tokens of the person.
            days: how long it is valid, from 1 to `TOKEN_DAYS_MAX`.

        Raises:
            Invalid: for a bad name or time.
            NameTaken: when the person has a token with that name.
            LimitReached: when the person has `TOKENS_PER_PERSON_MAX` tokens.
        """
        self._authorizer.authorize(actor, Action.TOKEN_WRITE, Resource("user", actor.id))
        check_name(name)
        if not 1 <= days <= TOKEN_DAYS_MAX:
            msg = f"cannot make a token for {days} days: expected 1 to {TOKEN_DAYS_MAX}"
            raise Invalid(msg)
        person, now = self._own(actor), self._clock.now()
        secret = self._new_secret(SCRIPT_PREFIX)
        token = ApiToken(
            id=self._parts.ids.new_id("tok"),
            person=person.id,
            name=name,
            token_hash=hash_token(secret),
            created_at=now,
            expires_at=Instant(now + days * US_PER_DAY),
        )
        with self._database.unit_of_work() as unit:
            unit.lock(PEOPLE_LOCK)
            self._require_token_room(unit.connection, token)
            self._access.add_token(unit.connection, token)
            detail = {"name": name, "days": days}
            subject = f"token/{token.id}"
            self._audit.append(unit.connection, actor, Action.TOKEN_WRITE, subject, detail)
        return NewToken(token, secret)

    def tokens(self, actor: Actor) -> list[ApiToken]:
        """Return one's own API tokens in order of their name, ended ones included."""
        self._authorizer.authorize(actor, Action.TOKEN_WRITE, Resource("user", actor.id))
        with self._database.read() as connection:
            return self._access.tokens(connection, actor.id)

    def revoke_token(self, actor: Actor, key: str) -> None:
        """End an API token: one's own, or anybody's for an administrator.

        Raises:
            UnknownToken: when there is none with that id.
        """
        with self._database.unit_of_work() as unit:
            token = self._access.token(unit.connection, key)
            is_own = token is not None and token.person == actor.id
            action = Action.TOKEN_WRITE if is_own else Action.USER_WRITE
            owner = "*" if token is None else token.person
            self._authorizer.authorize(actor, action, Resource("user", owner))
            if token is None:
                msg = f"there is no API token {key}"
                raise UnknownToken(msg)
            self._access.remove_token(unit.connection, key)
            detail = {"name": token.name, "revoked": True}
            self._audit.append(unit.connection, actor, action, f"token/{key}", detail)

    def actor_of_token(self, secret: str) -> Actor:
        """Return who is asking with an API token.

        Raises:
            NotSignedIn: when it is unknown, ended or revoked, or the person has left.
        """
        with self._database.read() as connection:
            token = self._access.token_hashed(connection, hash_token(secret))
            if token is None or self._clock.now() >= token.expires_at:
                msg = "the API token is unknown, ended or revoked"
                raise NotSignedIn(msg)
            return self._actor(connection, token.person)

    def owner(self, key: str) -> Actor | None:
        """Return who somebody is now, for what is done in a person's name; None for who has left.

        The operator of this machine is no person, and never leaves.
        """
        if key == LOCAL_OPERATOR.id:
            return LOCAL_OPERATOR
        with self._database.read() as connection:
            person = self._people.person(connection, key)
        return person.to_actor() if person is not None and person.is_active else None

    def _proven(self, user_name: str, password: str) -> Person:
        self._count_attempt(user_name)
        with self._database.read() as connection:
            person = self._people.person_named(connection, user_name)
            stored = (
                self._nobody
                if person is None
                else self._people.password_hash(connection, person.id)
            )
        is_right = is_password(password, stored)
        if person is None or not person.is_active or not is_right:
            msg = "cannot sign in: the user name or the password is wrong"
            raise LoginRefused(msg)
        return person

    def _count_attempt(self, user_name: str) -> None:
        now = self._clock.now()
        with self._database.unit_of_work() as unit:
            unit.lock(LOGIN_LOCK)
            since = Instant(now - LOGIN_WINDOW_US)
            of_name, of_all = self._access.count_attempts(unit.connection, user_name, since)
            if of_name >= LOGINS_PER_MINUTE_MAX or of_all >= ALL_LOGINS_PER_MINUTE_MAX:
                msg = "too many attempts to sign in: wait a minute and try again"
                raise TooManyLogins(msg)
            self._access.add_attempt(unit.connection, user_name, now)

    def _make_room(self, connection: sa.Connection, person: str, now: Instant) -> None:
        sessions = self._access.sessions(connection, person)
        valid = [session for session in sessions if session.is_valid(now)]
        kept = {session.token_hash for session in valid[-(SESSIONS_PER_PERSON_MAX - 1) :]}
        for session in sessions:
            if session.token_hash not in kept:
                self._access.remove_session(connection, session.token_hash)

    def _require_token_room(self, connection: sa.Connection, token: ApiToken) -> None:
        tokens = self._access.tokens(connection, token.person)
        if any(one.name == token.name for one in tokens):
            msg = f"cannot make the API token {token.name!r}: you have one with this name"
            raise NameTaken(msg)
        if len(tokens) >= TOKENS_PER_PERSON_MAX:
            msg = f"you have {len(tokens)} API tokens, which is the maximum; revoke one first"
            raise LimitReached(msg)

    def _actor(self, connection: sa.Connection, key: str) -> Actor:
        person = self._people.person(connection, key)
        if person is None or not person.is_active:
            msg = "the person does not use this hub any more"
            raise NotSignedIn(msg)
        return person.to_actor()

    def _own(self, actor: Actor) -> Person:
        with self._database.read() as connection:
            person = self._people.person(connection, actor.id)
        if person is None:
            msg = f"{actor.name} is no user and has neither password nor tokens"
            raise UnknownPerson(msg)
        return person

    def _new_secret(self, prefix: str) -> str:
        random = self._parts.secret_bytes(TOKEN_BYTES)
        return prefix + base64.urlsafe_b64encode(random).decode().rstrip("=")
