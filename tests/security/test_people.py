"""Organisations and people."""

import random

import pytest

from lineshaft.core.errors import Forbidden, Invalid, InvariantError
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.identity import people as people_module
from lineshaft.security.identity.errors import (
    LastAdministrator,
    LimitReached,
    LoginRefused,
    NameTaken,
    UnknownOrganisation,
    UnknownPerson,
)
from lineshaft.security.identity.model import (
    LOCAL_OPERATOR,
    NAME_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    Organisation,
    Role,
    StakeholderRole,
)
from lineshaft.security.identity.passwords import (
    SCRYPT,
    ScryptCost,
    hash_of_nobody,
    hash_password,
    is_password,
    random_password,
)
from lineshaft.security.identity.service import Credentials, NewPerson, PersonChange
from tests.security.conftest import Room

ACME = Organisation("acme", "ACME GmbH", frozenset({StakeholderRole.DOWNSTREAM_CUSTOMER}))
CLEO = NewPerson("cleo", "Cleo", Role.CUSTOMER, "acme")
EMIL = NewPerson("emil@maker.example", "Emil", Role.ENGINEER)


def let_in(room: Room, wanted: NewPerson = EMIL) -> Credentials:
    return room.identity.create_user(LOCAL_OPERATOR, wanted)


# --- the first administrator --------------------------------------------------------------------


def test_the_first_start_makes_one_administrator(engine_room: Room) -> None:
    identity = engine_room.identity
    first = identity.create_first_administrator()
    assert first is not None
    assert first.person.role is Role.ADMINISTRATOR
    assert len(first.password) == 23
    assert first.password not in repr(first)
    assert identity.login("admin", first.password).actor == first.person.to_actor()
    assert identity.create_first_administrator() is None
    assert identity.users(first.person.to_actor()) == [first.person]


def test_of_two_first_starts_at_once_one_wins(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = room.identity
    hashing = identity._hash

    def overtaken(password: str) -> str:
        monkeypatch.setattr(identity, "_hash", hashing)
        assert identity.create_first_administrator() is not None
        return hashing(password)

    monkeypatch.setattr(identity, "_hash", overtaken)
    assert identity.create_first_administrator() is None


def test_the_password_is_stored_nowhere(room: Room) -> None:
    first = room.identity.create_first_administrator()
    assert first is not None
    with room.database.unit_of_work() as unit:
        dump = "\n".join(unit.connection.connection.iterdump())
    assert "admin" in dump
    assert first.password not in dump


# --- passwords ----------------------------------------------------------------------------------

CHEAP = ScryptCost(2, 1, 1)


def test_scrypt_gives_the_value_of_rfc_7914() -> None:
    # RFC 7914, section 12, second vector, cut to the 32 bytes that are kept (PBKDF2 block 1).
    stored = hash_password("password", b"NaCl", ScryptCost(1024, 8, 16))
    assert stored.split("$")[5].startswith("fdbabe1c9d3472007856e7190d01e9fe")


def test_the_cost_is_that_of_the_guideline_and_stays_readable() -> None:
    assert (SCRYPT.n, SCRYPT.r, SCRYPT.p) == (16_384, 8, 5)
    stored = hash_password("correct horse", bytes(16), SCRYPT)
    assert is_password("correct horse", stored)
    assert not is_password("correct hors", stored)


def test_one_look_is_one_password() -> None:
    stored = hash_password("caf\N{LATIN SMALL LETTER E WITH ACUTE}", bytes(16), CHEAP)
    assert is_password("cafe\N{COMBINING ACUTE ACCENT}", stored)
    assert not is_password("\ud800", stored)


def test_the_hash_of_nobody_looks_like_any_and_is_of_no_password() -> None:
    nobody = hash_of_nobody(bytes, CHEAP)
    known = hash_password("correct horse", bytes(16), CHEAP)
    assert [len(part) for part in nobody.split("$")] == [len(part) for part in known.split("$")]
    assert nobody.split("$")[:4] == known.split("$")[:4]
    assert not is_password("", nobody)
    assert not is_password("nobody", nobody)


@pytest.mark.parametrize("stored", ["", "plain", "md5$1$1$1$00$00"])
def test_a_damaged_hash_lets_nobody_in(stored: str) -> None:
    with pytest.raises(InvariantError, match="damaged"):
        is_password("x", stored)


def test_random_passwords_can_be_read_aloud() -> None:
    password = random_password(random.Random(1).randbytes)
    assert [len(group) for group in password.split("-")] == [5, 5, 5, 5]
    assert not set(password) & set("01lo")


@pytest.mark.parametrize("length", [PASSWORD_CHARACTERS_MIN - 1, PASSWORD_CHARACTERS_MAX + 1])
def test_a_password_has_a_length(room: Room, length: int) -> None:
    with pytest.raises(Invalid, match=f"has {length} characters"):
        room.identity.create_user(LOCAL_OPERATOR, EMIL, "x" * length)


@pytest.mark.parametrize("length", [PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX])
def test_a_password_of_the_right_length_is_taken(room: Room, length: int) -> None:
    room.identity.create_user(LOCAL_OPERATOR, EMIL, "x" * length)
    assert room.identity.login(EMIL.user_name, "x" * length).actor.name == "Emil"


# --- organisations ------------------------------------------------------------------------------


def test_organisations_are_kept_and_changed(engine_room: Room) -> None:
    identity = engine_room.identity
    other = Organisation("other", "Other")
    for organisation in (other, ACME, ACME):
        identity.put_organisation(LOCAL_OPERATOR, organisation)
    assert identity.organisations(LOCAL_OPERATOR) == [ACME, other]
    renamed = Organisation("acme", "ACME SE", frozenset(StakeholderRole))
    identity.put_organisation(LOCAL_OPERATOR, renamed)
    assert identity.organisation(LOCAL_OPERATOR, "acme") == renamed
    with pytest.raises(UnknownOrganisation, match="no organisation nobody"):
        identity.organisation(LOCAL_OPERATOR, "nobody")
    subject = AuditQuery(subject="organisation/acme")
    assert len(engine_room.audit.entries(LOCAL_OPERATOR, subject)) == 2


def test_a_customer_sees_its_own_organisation_only(room: Room) -> None:
    for organisation in (ACME, Organisation("other", "Other")):
        room.identity.put_organisation(LOCAL_OPERATOR, organisation)
    cleo = let_in(room, CLEO).person.to_actor()
    assert room.identity.organisations(cleo) == [ACME]
    assert room.identity.organisation(cleo, "acme") == ACME
    with pytest.raises(Forbidden):
        room.identity.organisation(cleo, "other")
    with pytest.raises(Forbidden):
        room.identity.put_organisation(cleo, ACME)


@pytest.mark.parametrize("key", ["", "ACME", "a b", "-a", "a" * 64])
def test_an_organisation_has_a_plain_id(key: str) -> None:
    with pytest.raises(Invalid, match="organisation id"):
        Organisation(key, "Name")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * (NAME_CHARACTERS_MAX + 1)])
def test_a_name_is_printable_and_short(name: str) -> None:
    with pytest.raises(Invalid, match="printable"):
        Organisation("a", name)


def test_there_is_a_most_of_organisations(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "ORGANISATIONS_MAX", 1)
    room.identity.put_organisation(LOCAL_OPERATOR, ACME)
    with pytest.raises(LimitReached, match="1 organisations already"):
        room.identity.put_organisation(LOCAL_OPERATOR, Organisation("other", "Other"))


# --- people -------------------------------------------------------------------------------------


def test_people_are_let_in_and_found(engine_room: Room) -> None:
    identity = engine_room.identity
    identity.put_organisation(LOCAL_OPERATOR, ACME)
    emil, cleo = let_in(engine_room).person, let_in(engine_room, CLEO).person
    assert identity.users(LOCAL_OPERATOR) == [cleo, emil]
    assert identity.user(LOCAL_OPERATOR, "cleo") == cleo
    assert identity.user(emil.to_actor(), emil.user_name) == emil
    with pytest.raises(Forbidden):
        identity.user(emil.to_actor(), "cleo")
    with pytest.raises(Forbidden):
        identity.user(emil.to_actor(), "nobody")
    with pytest.raises(UnknownPerson, match="no user nobody"):
        identity.user(LOCAL_OPERATOR, "nobody")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (NewPerson("Emil", "Emil", Role.ENGINEER), "user name 'Emil'"),
        (NewPerson("emil", "", Role.ENGINEER), "printable"),
        (NewPerson("emil", "Emil", Role.SYSTEM), "for processes, not for people"),
        (NewPerson("emil", "Emil", Role.CUSTOMER), "acts for an organisation"),
    ],
    ids=["user name", "name", "system", "customer"],
)
def test_not_everything_is_a_person(room: Room, wanted: NewPerson, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        let_in(room, wanted)


def test_a_user_name_is_taken_once(room: Room) -> None:
    let_in(room)
    with pytest.raises(NameTaken, match="somebody has this user name"):
        let_in(room)


def test_a_customer_of_an_unknown_organisation_is_refused(room: Room) -> None:
    with pytest.raises(UnknownOrganisation):
        let_in(room, CLEO)
    assert room.identity.users(LOCAL_OPERATOR) == []


def test_there_is_a_most_of_people(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "PEOPLE_MAX", 1)
    let_in(room)
    with pytest.raises(LimitReached, match="1 people already"):
        let_in(room, NewPerson("eva", "Eva", Role.ENGINEER))


@pytest.mark.both_engines
def test_a_change_ends_the_sessions(engine_room: Room) -> None:
    identity, emil = engine_room.identity, let_in(engine_room)
    identity.put_organisation(LOCAL_OPERATOR, ACME)
    session = identity.login(emil.person.user_name, emil.password)
    change = PersonChange(name="Emil B.", role=Role.CUSTOMER, organisation="acme")
    changed = identity.change_user(LOCAL_OPERATOR, emil.person.user_name, change)
    assert (changed.name, changed.role, changed.organisation) == ("Emil B.", "customer", "acme")
    assert identity.user(LOCAL_OPERATOR, emil.person.user_name) == changed
    with pytest.raises(Exception, match="sign in again"):
        identity.actor_of_session(session.token)


def test_a_change_to_something_unknown_is_refused(room: Room) -> None:
    let_in(room)
    with pytest.raises(UnknownPerson):
        room.identity.change_user(LOCAL_OPERATOR, "nobody", PersonChange(name="x"))
    change = PersonChange(organisation="nobody")
    with pytest.raises(UnknownOrganisation):
        room.identity.change_user(LOCAL_OPERATOR, EMIL.user_name, change)


@pytest.mark.parametrize(
    "change", [PersonChange(is_active=False), PersonChange(role=Role.ENGINEER)], ids=["out", "role"]
)
def test_the_last_administrator_stays(room: Room, change: PersonChange) -> None:
    identity = room.identity
    first = identity.create_first_administrator()
    assert first is not None
    identity.change_user(LOCAL_OPERATOR, "admin", PersonChange(name="Ada"))
    with pytest.raises(LastAdministrator, match="nobody could administer"):
        identity.change_user(LOCAL_OPERATOR, "admin", change)
    let_in(room, NewPerson("second", "Second", Role.ADMINISTRATOR))
    identity.change_user(LOCAL_OPERATOR, "admin", change)


def test_an_engineer_may_not_make_people(room: Room) -> None:
    emil = let_in(room).person.to_actor()
    identity = room.identity
    for attempt in (
        lambda: identity.create_user(emil, NewPerson("x", "X", Role.ADMINISTRATOR)),
        lambda: identity.change_user(emil, EMIL.user_name, PersonChange(role=Role.ADMINISTRATOR)),
        lambda: identity.reset_password(emil, EMIL.user_name),
        lambda: identity.end_sessions(emil, EMIL.user_name),
        lambda: identity.users(emil),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_reset_password_replaces_the_old_one(room: Room) -> None:
    identity, emil = room.identity, let_in(room)
    fresh = identity.reset_password(LOCAL_OPERATOR, EMIL.user_name)
    with pytest.raises(LoginRefused):
        identity.login(EMIL.user_name, emil.password)
    assert identity.login(EMIL.user_name, fresh.password).actor == emil.person.to_actor()
    with pytest.raises(UnknownPerson):
        identity.reset_password(LOCAL_OPERATOR, "nobody")


def test_what_was_done_to_people_stands_in_the_chain(room: Room) -> None:
    person = let_in(room).person
    room.identity.reset_password(LOCAL_OPERATOR, EMIL.user_name)
    room.identity.end_sessions(LOCAL_OPERATOR, EMIL.user_name)
    query = AuditQuery(subject=f"user/{person.id}")
    actions = [entry.action for entry in room.audit.entries(LOCAL_OPERATOR, query)]
    assert actions == ["user:write", "password:write", "user:write"]
    assert room.audit.verify_chain(LOCAL_OPERATOR).is_sound
