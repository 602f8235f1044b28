"""Organisations and people."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import asdict, replace

from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Action, Actor, Resource, Role
from lineshaft.security.identity.errors import (
    LastAdministrator,
    LimitReached,
    NameTaken,
    UnknownOrganisation,
    UnknownPerson,
)
from lineshaft.security.identity.model import (
    ORGANISATIONS_MAX,
    PEOPLE_MAX,
    Organisation,
    Person,
    check_password,
)
from lineshaft.security.identity.parts import PEOPLE_LOCK, Part
from lineshaft.security.identity.passwords import SALT_BYTES, hash_password, random_password

FIRST_USER_NAME = "admin"


class NewPerson(msgspec.Struct, frozen=True):
    """Somebody who is to be let in."""

    user_name: str
    name: str
    role: Role
    organisation: str | None = None


class PersonChange(msgspec.Struct, frozen=True):
    """What is to be changed of a person; None leaves it as it is."""

    name: str | None = None
    role: Role | None = None
    organisation: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person and the password that is shown this once and stored nowhere."""

    person: Person
    password: str = field(repr=False)


class People(Part):
    """Organisations and people."""

    def create_first_administrator(self) -> Credentials | None:
        """Make the administrator `admin` with a random password; None when there is anybody.

        Called at every start by whoever owns the data directory: there is no actor yet.
        """
        with self._database.read() as connection:
            if self._people.people(connection):
                return None
        wanted = NewPerson(FIRST_USER_NAME, "Administrator", Role.ADMINISTRATOR)
        password = random_password(self._parts.secret_bytes)
        password_hash = self._hash(password)
        with self._database.unit_of_work() as unit:
            unit.lock(PEOPLE_LOCK)
            if self._people.people(unit.connection):
                return None
            person = self._add(unit.connection, LOCAL_OPERATOR, wanted, password_hash)
        return Credentials(person, password)

    def put_organisation(self, actor: Actor, organisation: Organisation) -> None:
        """Make an organisation or change its name and roles; the same again changes nothing.

        Raises:
            LimitReached: when there are `ORGANISATIONS_MAX` already.
        """
        resource = _organisation(organisation.id)
        self._authorizer.authorize(actor, Action.ORGANISATION_WRITE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(PEOPLE_LOCK)
            known = self._people.organisation(unit.connection, organisation.id)
            if known == organisation:
                return
            if known is None:
                count = len(self._people.organisations(unit.connection))
                _require_room(count, ORGANISATIONS_MAX, "organisations")
            self._people.save_organisation(unit.connection, organisation)
            detail = {
                "name": organisation.name,
                "stakeholder_roles": sorted(organisation.stakeholder_roles),
            }
            subject = f"organisation/{organisation.id}"
            self._audit.append(unit.connection, actor, Action.ORGANISATION_WRITE, subject, detail)

    def organisation(self, actor: Actor, key: str) -> Organisation:
        """Return one organisation.

        Raises:
            UnknownOrganisation: when there is none with that id.
        """
        self._authorizer.authorize(actor, Action.ORGANISATION_READ, _organisation(key))
        with self._database.read() as connection:
            return self._known_organisation(connection, key)

    def organisations(self, actor: Actor) -> list[Organisation]:
        """Return the organisations that the actor may see, in order of their id."""
        with self._database.read() as connection:
            known = self._people.organisations(connection)
        visible = self._authorizer.permitted(
            actor, Action.ORGANISATION_READ, [_organisation(one.id) for one in known]
        )
        keys = {resource.id for resource in visible}
        return [one for one in known if one.id in keys]

    def create_user(
        self, actor: Actor, wanted: NewPerson, password: str | None = None
    ) -> Credentials:
        """Let somebody in; without a password a random one is made.

        Raises:
            Invalid: for a bad name or password, or a customer of nobody.
            NameTaken: when somebody has the user name.
            UnknownOrganisation: when there is none with that id.
            LimitReached: when there are `PEOPLE_MAX` already.
        """
        self._authorizer.authorize(actor, Action.USER_WRITE, Resource("user", "*"))
        shown = random_password(self._parts.secret_bytes) if password is None else password
        check_password(shown)
        password_hash = self._hash(shown)
        with self._database.unit_of_work() as unit:
            unit.lock(PEOPLE_LOCK)
            _require_room(len(self._people.people(unit.connection)), PEOPLE_MAX, "people")
            person = self._add(unit.connection, actor, wanted, password_hash)
        return Credentials(person, shown)

    def users(self, actor: Actor) -> list[Person]:
        """Return everybody in order of the user name."""
        self._authorizer.authorize(actor, Action.USER_READ, Resource("user", "*"))
        with self._database.read() as connection:
            return self._people.people(connection)

    def user(self, actor: Actor, user_name: str) -> Person:
        """Return one person.

        Raises:
            UnknownPerson: when nobody has that user name.
        """
        with self._database.read() as connection:
            person = self._people.person_named(connection, user_name)
        # Asked before it is said that nobody has the name: names are not for everybody to probe.
        key = "*" if person is None else person.id
        self._authorizer.authorize(actor, Action.USER_READ, Resource("user", key))
        return _known(person, user_name)

    def change_user(self, actor: Actor, user_name: str, change: PersonChange) -> Person:
        """Change the name, role, organisation or activity of a person; sessions end.

        Raises:
            UnknownPerson: when nobody has that user name.
            UnknownOrganisation: when there is none with that id.
            LastAdministrator: when nobody would be left to administer the hub.
            Invalid: for a bad name, or a customer of nobody.
        """
        self._authorizer.authorize(actor, Action.USER_WRITE, Resource("user", user_name))
        changes = {name: value for name, value in _fields(change).items() if value is not None}
        with self._database.unit_of_work() as unit:
            unit.lock(PEOPLE_LOCK)
            person = _known(self._people.person_named(unit.connection, user_name), user_name)
            changed = replace(person, **changes)
            if changed.organisation is not None:
                self._known_organisation(unit.connection, changed.organisation)
            if not _is_administrator(changed):
                self._require_another_administrator(unit.connection, person)
            self._people.save_person(unit.connection, changed)
            self._end_sessions(unit.connection, person.id)
            subject = f"user/{person.id}"
            self._audit.append(unit.connection, actor, Action.USER_WRITE, subject, changes)
        return changed

    def reset_password(self, actor: Actor, user_name: str) -> Credentials:
        """Give a person a random password; all sessions of the person end.

        Raises:
            UnknownPerson: when nobody has that user name.
        """
        self._authorizer.authorize(actor, Action.USER_WRITE, Resource("user", user_name))
        password = random_password(self._parts.secret_bytes)
        password_hash = self._hash(password)
        with self._database.unit_of_work() as unit:
            person = _known(self._people.person_named(unit.connection, user_name), user_name)
            self._save_password(unit.connection, actor, person, password_hash)
        return Credentials(person, password)

    def end_sessions(self, actor: Actor, user_name: str) -> int:
        """End all sessions of a person, and return how many there were.

        Raises:
            UnknownPerson: when nobody has that user name.
        """
        self._authorizer.authorize(actor, Action.USER_WRITE, Resource("user", user_name))
        with self._database.unit_of_work() as unit:
            person = _known(self._people.person_named(unit.connection, user_name), user_name)
            count = self._end_sessions(unit.connection, person.id)
            subject = f"user/{person.id}"
            detail = {"sessions_ended": count}
            self._audit.append(unit.connection, actor, Action.USER_WRITE, subject, detail)
        return count

    def _add(
        self, connection: sa.Connection, actor: Actor, wanted: NewPerson, password_hash: str
    ) -> Person:
        person = Person(
            id=self._parts.ids.new_id("usr"),
            user_name=wanted.user_name,
            name=wanted.name,
            role=wanted.role,
            organisation=wanted.organisation,
            is_active=True,
            created_at=self._clock.now(),
        )
        if self._people.person_named(connection, person.user_name) is not None:
            msg = f"cannot let in {person.user_name}: somebody has this user name"
            raise NameTaken(msg)
        if person.organisation is not None:
            self._known_organisation(connection, person.organisation)
        self._people.add_person(connection, person, password_hash)
        detail = {
            "user_name": person.user_name,
            "role": person.role.value,
            "organisation": person.organisation,
        }
        self._audit.append(connection, actor, Action.USER_WRITE, f"user/{person.id}", detail)
        return person

    def _save_password(
        self, connection: sa.Connection, actor: Actor, person: Person, password_hash: str
    ) -> None:
        self._people.save_password(connection, person.id, password_hash)
        count = self._end_sessions(connection, person.id)
        detail = {"sessions_ended": count}
        self._audit.append(connection, actor, Action.PASSWORD_WRITE, f"user/{person.id}", detail)

    def _end_sessions(self, connection: sa.Connection, person: str) -> int:
        sessions = self._access.sessions(connection, person)
        for session in sessions:
            self._access.remove_session(connection, session.token_hash)
        return len(sessions)

    def _require_another_administrator(self, connection: sa.Connection, person: Person) -> None:
        others = [
            one
            for one in self._people.people(connection)
            if one.id != person.id and _is_administrator(one)
        ]
        if _is_administrator(person) and not others:
            msg = f"cannot change {person.user_name}: nobody could administer the hub any more"
            raise LastAdministrator(msg)

    def _known_organisation(self, connection: sa.Connection, key: str) -> Organisation:
        organisation = self._people.organisation(connection, key)
        if organisation is None:
            msg = f"there is no organisation {key}"
            raise UnknownOrganisation(msg)
        return organisation

    def _hash(self, password: str) -> str:
        return hash_password(password, self._parts.secret_bytes(SALT_BYTES), self._parts.scrypt)


def _organisation(key: str) -> Resource:
    return Resource("organisation", key, organisation=key)


def _fields(change: PersonChange) -> dict[str, Any]:
    return asdict(change)


def _is_administrator(person: Person) -> bool:
    return person.is_active and person.role is Role.ADMINISTRATOR


def _known(person: Person | None, user_name: str) -> Person:
    if person is None:
        msg = f"there is no user {user_name}"
        raise UnknownPerson(msg)
    return person


def _require_room(count: int, maximum: int, things: str) -> None:
    if count >= maximum:
        msg = f"there are {count} {things} already, which is the maximum"
        raise LimitReached(msg)
