"""Which sources are let in, and what nobody can do about it from outside."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Forbidden
from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import SYSTEM_EDGE, SYSTEM_INTAKE, SYSTEM_WORKER
from lineshaft.security.identity import enrolment
from lineshaft.security.identity.enrolment import Claim, decide
from lineshaft.security.identity.errors import UnknownSource
from lineshaft.security.identity.model import (
    LOCAL_OPERATOR,
    SOURCE_REASON_CHARACTERS_MAX,
    SOURCES_WAITING_MAX,
    Mark,
    Source,
    SourceState,
)
from tests.security.conftest import Edge, Room

MakeEdge = Callable[[str], Edge]
PRESS = SourceId("press-1")


def ask(room: Room, edge: Edge, *, is_new_epoch_wanted: bool = False) -> EnrolAnswer:
    request = edge.request(is_new_epoch_wanted=is_new_epoch_wanted)
    return room.identity.enrol(SYSTEM_INTAKE, request)


def only_source(room: Room) -> Source:
    [source] = room.identity.sources(SYSTEM_INTAKE)
    return source


def let_in(room: Room, edge: Edge) -> EnrolAnswer:
    ask(room, edge)
    room.identity.accept_source(LOCAL_OPERATOR, SourceId(edge.name))
    return ask(room, edge)


@pytest.mark.both_engines
def test_a_source_waits_until_an_administrator_accepts_it(
    engine_room: Room, make_edge: MakeEdge
) -> None:
    edge = make_edge("press-1")
    for _ in range(2):
        assert ask(engine_room, edge).state == "waiting"
    waiting = only_source(engine_room)
    assert (waiting.state, waiting.epoch, waiting.is_waiting) == (SourceState.WAITING, 0, True)
    assert waiting.fingerprint.replace(" ", "") == waiting.public_key.hex()
    with pytest.raises(UnknownSource, match="no epoch 1"):
        engine_room.identity.source_key(PRESS, 1)
    accepted = engine_room.identity.accept_source(LOCAL_OPERATOR, PRESS)
    assert accepted == only_source(engine_room)
    assert ask(engine_room, edge) == EnrolAnswer("accepted", epoch=1)
    key = engine_room.identity.source_key(PRESS, 1)
    assert (key.public_key, key.salt_secret) == (waiting.public_key, edge.salt_secret)
    assert (key.is_accepted, key.is_current) == (True, True)
    assert engine_room.identity.source_keys() == [key]
    assert edge.salt_secret.hex() not in repr(key)


def test_the_answer_carries_the_high_water_mark(room: Room, make_edge: MakeEdge) -> None:
    edge = make_edge("press-1")
    let_in(room, edge)
    room.marks.marks[PRESS, 1] = Mark(7, 6_500)
    assert ask(room, edge) == EnrolAnswer("accepted", epoch=1, number=7, sequence=6_500)


def test_accepting_again_changes_nothing(room: Room, make_edge: MakeEdge) -> None:
    let_in(room, make_edge("press-1"))
    before = only_source(room)
    assert room.identity.accept_source(LOCAL_OPERATOR, PRESS) == before
    query = AuditQuery(subject="source/press-1")
    assert len(room.audit.entries(LOCAL_OPERATOR, query)) == 1


def test_another_key_under_a_known_id_is_refused(room: Room, make_edge: MakeEdge) -> None:
    edge, thief = make_edge("press-1"), make_edge("press-1")
    ask(room, edge)
    assert ask(room, thief).state == "refused"
    let_in(room, edge)
    for is_new_epoch_wanted in (False, True):
        answer = ask(room, thief, is_new_epoch_wanted=is_new_epoch_wanted)
        assert answer == EnrolAnswer("refused", reason="this source id belongs to another key")
    assert only_source(room).public_key == edge.key.public_key().public_bytes_raw()
    assert ask(room, edge).state == "accepted"


def test_a_new_epoch_needs_consent(engine_room: Room, make_edge: MakeEdge) -> None:
    room, edge = engine_room, make_edge("press-1")
    let_in(room, edge)
    room.marks.marks[PRESS, 1] = Mark(3, 30)
    assert ask(room, edge, is_new_epoch_wanted=True).reason == "a new epoch needs a new salt secret"
    restored = replace(edge, salt_secret=bytes(range(32)))
    assert ask(room, restored).state == "refused"
    for _ in range(2):
        assert ask(room, restored, is_new_epoch_wanted=True).state == "waiting"
    assert only_source(room).is_waiting
    assert room.identity.source_key(PRESS, 1).is_current
    assert room.identity.accept_source(LOCAL_OPERATOR, PRESS).epoch == 2
    for is_new_epoch_wanted in (True, False):
        answer = ask(room, restored, is_new_epoch_wanted=is_new_epoch_wanted)
        assert answer == EnrolAnswer("accepted", epoch=2)
    first, second = room.identity.source_keys()
    assert (first.epoch, first.salt_secret, first.is_current) == (1, edge.salt_secret, False)
    assert (second.epoch, second.salt_secret, second.is_current) == (2, bytes(range(32)), True)


def test_a_refused_source_is_out_and_its_past_stays_proven(room: Room, make_edge: MakeEdge) -> None:
    edge = make_edge("press-1")
    let_in(room, edge)
    said = "x" * (SOURCE_REASON_CHARACTERS_MAX + 1)
    room.identity.refuse_source(LOCAL_OPERATOR, PRESS, said)
    answer = ask(room, edge)
    assert (answer.state, answer.reason) == ("refused", said[:SOURCE_REASON_CHARACTERS_MAX])
    assert ask(room, make_edge("press-1")).state == "refused"
    key = room.identity.source_key(PRESS, 1)
    assert (key.is_accepted, key.salt_secret) == (False, edge.salt_secret)
    room.identity.accept_source(LOCAL_OPERATOR, PRESS)
    assert ask(room, edge) == EnrolAnswer("accepted", epoch=1)


def test_a_key_that_was_never_let_in_does_not_block_the_id(room: Room, make_edge: MakeEdge) -> None:
    squatter, edge = make_edge("press-1"), make_edge("press-1")
    ask(room, squatter)
    room.identity.refuse_source(LOCAL_OPERATOR, PRESS, "")
    assert ask(room, squatter).reason == "an administrator has refused this source"
    assert ask(room, edge).state == "waiting"
    room.identity.accept_source(LOCAL_OPERATOR, PRESS)
    assert ask(room, edge).state == "accepted"
    assert ask(room, squatter).state == "refused"


def test_on_the_same_machine_nobody_has_to_be_asked(room: Room, make_edge: MakeEdge) -> None:
    edge, identity = make_edge("press-1"), room.identity
    for _ in range(2):
        answer = identity.enrol_local(LOCAL_OPERATOR, edge.request())
        assert answer == EnrolAnswer("accepted", epoch=1)
    thief = identity.enrol_local(LOCAL_OPERATOR, make_edge("press-1").request())
    assert thief.state == "refused"
    room.marks.marks[PRESS, 1] = Mark(3, 30)
    restored = replace(edge, salt_secret=bytes(32))
    request = restored.request(is_new_epoch_wanted=True)
    assert identity.enrol_local(LOCAL_OPERATOR, request).state == "waiting"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "Press 1"}, "source id"),
        ({"source": "press-2"}, "was not made by the expected key"),
        ({"public_key": "00"}, "expected 32 bytes"),
        ({"salt_secret": "ff" * 32}, "was not made by the expected key"),
        ({"proof": "00" * 64}, "was not made by the expected key"),
        ({"proof": "nonsense"}, "not hexadecimal"),
    ],
    ids=["id", "other id", "key", "salt", "proof", "text"],
)
def test_without_proof_nothing_is_stored(
    room: Room, make_edge: MakeEdge, changes: dict[str, str], said: str
) -> None:
    honest = make_edge("press-1").request()
    fields = {name: getattr(honest, name) for name in honest.__struct_fields__}
    answer = room.identity.enrol(SYSTEM_INTAKE, EnrolRequest(**fields | changes))
    assert answer.state == "refused"
    assert said in answer.reason
    assert room.identity.enrol_local(LOCAL_OPERATOR, EnrolRequest(**fields | changes)) == answer
    assert room.identity.sources(SYSTEM_INTAKE) == []


def test_the_waiting_list_has_a_maximum(
    room: Room, make_edge: MakeEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = make_edge("known")
    let_in(room, known)
    monkeypatch.setattr(enrolment, "SOURCES_WAITING_MAX", 2)
    first = make_edge("press-1")
    ask(room, first)
    ask(room, make_edge("press-2"))
    late = make_edge("press-3")
    answer = ask(room, late)
    assert (answer.state, answer.reason) == (
        "waiting",
        f"{SOURCES_WAITING_MAX} sources wait for an administrator; ask again later",
    )
    assert len(room.identity.sources(LOCAL_OPERATOR)) == 3
    assert ask(room, known).state == "accepted"
    assert ask(room, first).state == "waiting"
    room.identity.accept_source(LOCAL_OPERATOR, PRESS)
    ask(room, late)
    assert len(room.identity.sources(LOCAL_OPERATOR)) == 4


def test_only_who_may_decides(room: Room, make_edge: MakeEdge) -> None:
    identity, edge = room.identity, make_edge("press-1")
    ask(room, edge)
    for attempt in (
        lambda: identity.enrol(SYSTEM_WORKER, edge.request()),
        lambda: identity.enrol_local(SYSTEM_EDGE, edge.request()),
        lambda: identity.accept_source(SYSTEM_INTAKE, PRESS),
        lambda: identity.refuse_source(SYSTEM_INTAKE, PRESS, ""),
        lambda: identity.sources(SYSTEM_WORKER),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert identity.enrol(SYSTEM_EDGE, edge.request()).state == "waiting"


def test_who_never_asked_cannot_be_decided_on(room: Room) -> None:
    with pytest.raises(UnknownSource, match="no source press-1 has asked"):
        room.identity.accept_source(LOCAL_OPERATOR, PRESS)
    with pytest.raises(UnknownSource, match="no source press-1 has asked"):
        room.identity.refuse_source(LOCAL_OPERATOR, PRESS, "")


# --- the rule as such ---------------------------------------------------------------------------

SMALL = st.sampled_from([b"a" * 32, b"b" * 32])
CLAIMS = st.builds(
    Claim,
    source=st.just(PRESS),
    public_key=SMALL,
    salt_secret=SMALL,
    is_new_epoch_wanted=st.booleans(),
    at=st.just(Instant(1)),
)
SOURCES = st.builds(
    Source,
    id=st.just(PRESS),
    epoch=st.integers(1, 2),
    public_key=SMALL,
    salt_secret=SMALL,
    state=st.sampled_from(SourceState),
    requested_at=st.just(Instant(0)),
    wanted_salt_secret=st.none() | SMALL,
)
MARKS = st.builds(Mark, number=st.integers(0, 2), sequence=st.just(0))


@given(SOURCES, CLAIMS, MARKS, st.integers(0, 2 * SOURCES_WAITING_MAX))
def test_no_claim_changes_what_an_administrator_has_accepted(
    known: Source, claim: Claim, mark: Mark, waiting: int
) -> None:
    outcome = decide(known, claim, mark, waiting)
    if known.state is SourceState.ACCEPTED:
        after = outcome.changed or known
        assert after.public_key == known.public_key
        assert (after.epoch, after.salt_secret) == (known.epoch, known.salt_secret)
        assert after.state is SourceState.ACCEPTED
    if outcome.answer.state == "accepted":
        assert known.state is SourceState.ACCEPTED
        assert outcome.changed is None
        assert (claim.public_key, claim.salt_secret) == (known.public_key, known.salt_secret)
    if outcome.answer.state == "refused":
        assert outcome.changed is None


@given(CLAIMS, st.integers(0, 2 * SOURCES_WAITING_MAX))
def test_nobody_comes_in_by_asking(claim: Claim, waiting: int) -> None:
    outcome = decide(None, claim, Mark(0, 0), waiting)
    assert outcome.answer.state == "waiting"
    assert (outcome.changed is None) == (waiting >= SOURCES_WAITING_MAX)
