"""Signing in: passwords, sessions, API tokens."""

import pytest

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import US_PER_DAY
from lineshaft.security.identity import passwords, signin
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
    LOCAL_OPERATOR,
    LOGIN_WINDOW_US,
    LOGINS_PER_MINUTE_MAX,
    SESSION_IDLE_US,
    SESSION_LIFE_US,
    SESSION_TOUCH_US,
    SESSIONS_PER_PERSON_MAX,
    TOKEN_DAYS_MAX,
    Actor,
    Role,
)
from lineshaft.security.identity.service import NewPerson, PersonChange
from tests.security.conftest import Room

PASSWORD = "correct horse battery"


@pytest.fixture
def emil(room: Room) -> Actor:
    wanted = NewPerson("emil", "Emil", Role.ENGINEER)
    return room.identity.create_user(LOCAL_OPERATOR, wanted, PASSWORD).person.to_actor()


# --- sessions -----------------------------------------------------------------------------------


def test_a_session_is_somebody_until_the_logout(engine_room: Room) -> None:
    identity = engine_room.identity
    wanted = NewPerson("emil", "Emil", Role.ENGINEER)
    person = identity.create_user(LOCAL_OPERATOR, wanted, PASSWORD).person
    signed_in = identity.login(" Emil ", PASSWORD)
    assert signed_in.actor == person.to_actor() == identity.actor_of_session(signed_in.token)
    assert signed_in.ends_at == engine_room.clock.now() + SESSION_IDLE_US
    assert signed_in.token not in repr(signed_in)
    identity.logout(signed_in.token)
    identity.logout(signed_in.token)
    with pytest.raises(NotSignedIn, match="sign in again"):
        identity.actor_of_session(signed_in.token)


def test_the_token_is_stored_nowhere(room: Room, emil: Actor) -> None:
    token = room.identity.login("emil", PASSWORD).token
    secret = room.identity.create_token(emil, "script", 1).secret
    with room.database.unit_of_work() as unit:
        dump = "\n".join(unit.connection.connection.iterdump())
    assert token not in dump
    assert secret not in dump


def test_a_session_slides_while_it_is_used(room: Room, emil: Actor) -> None:
    token = room.identity.login("emil", PASSWORD).token
    room.clock.advance(SESSION_IDLE_US - 1)
    assert room.identity.actor_of_session(token) == emil
    room.clock.advance(SESSION_IDLE_US - 1)
    assert room.identity.actor_of_session(token) == emil
    room.clock.advance(SESSION_IDLE_US)
    with pytest.raises(NotSignedIn):
        room.identity.actor_of_session(token)


def test_a_session_ends_however_much_it_is_used(room: Room, emil: Actor) -> None:
    token = room.identity.login("emil", PASSWORD).token
    step = SESSION_IDLE_US // 2
    for _ in range(SESSION_LIFE_US // step - 1):
        room.clock.advance(step)
        assert room.identity.actor_of_session(token) == emil
    room.clock.advance(step)
    with pytest.raises(NotSignedIn):
        room.identity.actor_of_session(token)


@pytest.mark.usefixtures("emil")
def test_use_is_written_down_now_and_then_only(room: Room) -> None:
    token = room.identity.login("emil", PASSWORD).token

    def writes_during_a_look() -> int:
        with room.database.unit_of_work() as unit:
            before = unit.connection.exec_driver_sql("PRAGMA data_version").scalar_one()
            touched = "SELECT used_at FROM identity_session"
            was = unit.connection.exec_driver_sql(touched).scalar_one()
        room.identity.actor_of_session(token)
        with room.database.read() as connection:
            assert before
            return int(connection.exec_driver_sql(touched).scalar_one() != was)

    room.clock.advance(SESSION_TOUCH_US - 1)
    assert writes_during_a_look() == 0
    room.clock.advance(1)
    assert writes_during_a_look() == 1


@pytest.mark.usefixtures("emil")
def test_the_oldest_session_makes_room(room: Room) -> None:
    tokens = []
    for _ in range(SESSIONS_PER_PERSON_MAX + 1):
        room.clock.advance(1)
        tokens.append(room.identity.login("emil", PASSWORD).token)
    with pytest.raises(NotSignedIn):
        room.identity.actor_of_session(tokens[0])
    room.identity.actor_of_session(tokens[1])
    assert room.identity.end_sessions(LOCAL_OPERATOR, "emil") == SESSIONS_PER_PERSON_MAX
    with pytest.raises(NotSignedIn):
        room.identity.actor_of_session(tokens[-1])


def test_who_has_left_is_out_at_once(room: Room, emil: Actor) -> None:
    identity = room.identity
    secret = identity.create_token(emil, "script", 1).secret
    identity.change_user(LOCAL_OPERATOR, "emil", PersonChange(is_active=False))
    with pytest.raises(LoginRefused):
        identity.login("emil", PASSWORD)
    with pytest.raises(NotSignedIn, match="does not use this hub"):
        identity.actor_of_token(secret)


# --- attempts -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("emil")
def test_what_is_wrong_is_not_said(room: Room) -> None:
    said = set()
    for name, password in (("emil", "wrong"), ("nobody", PASSWORD), ("emil", "\ud800" * 300)):
        with pytest.raises(LoginRefused) as refused:
            room.identity.login(name, password)
        said.add(str(refused.value))
    assert len(said) == 1


@pytest.mark.usefixtures("emil")
def test_an_unknown_user_costs_the_same_work(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    work = []

    def counted(password: str, salt: bytes, cost: passwords.ScryptCost) -> bytes:
        work.append(cost)
        return original(password, salt, cost)

    original = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", counted)
    for name in ("emil", "nobody"):
        with pytest.raises(LoginRefused):
            room.identity.login(name, "wrong")
    assert len(work) == 2
    assert work[0] == work[1]


@pytest.mark.usefixtures("emil")
def test_attempts_within_a_minute_are_counted(room: Room) -> None:
    for _ in range(LOGINS_PER_MINUTE_MAX):
        with pytest.raises(LoginRefused):
            room.identity.login("emil", "wrong")
    with pytest.raises(TooManyLogins, match="wait a minute"):
        room.identity.login("emil", PASSWORD)
    with pytest.raises(LoginRefused):
        room.identity.login("somebody", "wrong")
    room.clock.advance(LOGIN_WINDOW_US + 1)
    assert room.identity.login("emil", PASSWORD)


def test_a_success_clears_the_count(engine_room: Room) -> None:
    identity = engine_room.identity
    identity.create_user(LOCAL_OPERATOR, NewPerson("eva", "Eva", Role.ENGINEER), PASSWORD)
    for _ in range(2):
        for _ in range(LOGINS_PER_MINUTE_MAX - 1):
            with pytest.raises(LoginRefused):
                identity.login("eva", "wrong")
        assert identity.login("eva", PASSWORD)


def test_strangers_together_have_a_limit_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ALL_LOGINS_PER_MINUTE_MAX > LOGINS_PER_MINUTE_MAX
    monkeypatch.setattr(signin, "ALL_LOGINS_PER_MINUTE_MAX", 3)
    for number in range(3):
        with pytest.raises(LoginRefused):
            room.identity.login(f"user{number}", "wrong")
    with pytest.raises(TooManyLogins):
        room.identity.login("user3", "wrong")


# --- own password -------------------------------------------------------------------------------


def test_a_password_is_changed_by_who_knows_the_old_one(room: Room, emil: Actor) -> None:
    identity = room.identity
    token = identity.login("emil", PASSWORD).token
    with pytest.raises(LoginRefused):
        identity.change_password(emil, "wrong", "another horse battery")
    with pytest.raises(Invalid, match="has 5 characters"):
        identity.change_password(emil, PASSWORD, "short")
    identity.change_password(emil, PASSWORD, "another horse battery")
    with pytest.raises(NotSignedIn):
        identity.actor_of_session(token)
    assert identity.login("emil", "another horse battery").actor == emil


def test_the_operator_of_the_machine_has_no_password(room: Room) -> None:
    with pytest.raises(UnknownPerson, match="neither password nor tokens"):
        room.identity.change_password(LOCAL_OPERATOR, PASSWORD, PASSWORD)


# --- API tokens ---------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_a_token_acts_as_its_maker_until_it_ends(engine_room: Room) -> None:
    identity = engine_room.identity
    wanted = NewPerson("emil", "Emil", Role.ENGINEER)
    emil = identity.create_user(LOCAL_OPERATOR, wanted, PASSWORD).person.to_actor()
    made = identity.create_token(emil, "night report", 2)
    assert made.secret.startswith("lst_")
    assert made.secret not in repr(made)
    assert identity.actor_of_token(made.secret) == emil
    assert identity.tokens(emil) == [made.token]
    engine_room.clock.advance(2 * US_PER_DAY - 1)
    assert identity.actor_of_token(made.secret) == emil
    engine_room.clock.advance(1)
    with pytest.raises(NotSignedIn, match="unknown, ended or revoked"):
        identity.actor_of_token(made.secret)


def test_a_token_is_revoked(room: Room, emil: Actor) -> None:
    identity = room.identity
    own, other = (identity.create_token(emil, name, 1) for name in ("one", "two"))
    identity.revoke_token(emil, own.token.id)
    identity.revoke_token(LOCAL_OPERATOR, other.token.id)
    for made in (own, other):
        with pytest.raises(NotSignedIn):
            identity.actor_of_token(made.secret)
    with pytest.raises(UnknownToken, match="no API token"):
        identity.revoke_token(LOCAL_OPERATOR, own.token.id)


def test_nobody_revokes_or_makes_tokens_of_others(room: Room, emil: Actor) -> None:
    identity = room.identity
    made = identity.create_token(emil, "script", 1)
    wanted = NewPerson("eva", "Eva", Role.ENGINEER)
    eva = identity.create_user(LOCAL_OPERATOR, wanted, PASSWORD).person.to_actor()
    for key in (made.token.id, "tok_unknown"):
        with pytest.raises(Forbidden):
            identity.revoke_token(eva, key)
    assert identity.tokens(eva) == []
    assert identity.actor_of_token(made.secret) == emil


@pytest.mark.parametrize("days", [0, TOKEN_DAYS_MAX + 1])
def test_a_token_has_an_end(room: Room, emil: Actor, days: int) -> None:
    with pytest.raises(Invalid, match=f"expected 1 to {TOKEN_DAYS_MAX}"):
        room.identity.create_token(emil, "script", days)


def test_a_token_has_a_name_of_its_own(room: Room, emil: Actor) -> None:
    room.identity.create_token(emil, "script", TOKEN_DAYS_MAX)
    with pytest.raises(NameTaken):
        room.identity.create_token(emil, "script", 1)
    with pytest.raises(Invalid):
        room.identity.create_token(emil, "", 1)


def test_there_is_a_most_of_tokens(
    room: Room, emil: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin, "TOKENS_PER_PERSON_MAX", 2)
    for name in ("one", "two"):
        room.identity.create_token(emil, name, 1)
    with pytest.raises(LimitReached, match="2 API tokens"):
        room.identity.create_token(emil, "three", 1)
