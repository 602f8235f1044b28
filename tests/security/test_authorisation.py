"""Who may do what: the golden table, the grants, the desk."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid, InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation import service as service_module
from lineshaft.security.authorisation.errors import NotAllowed, TooManyGrants
from lineshaft.security.authorisation.model import (
    LOCAL_OPERATOR,
    NO_GRANT,
    SYSTEM_ACTORS,
    SYSTEM_EDGE,
    SYSTEM_INTAKE,
    SYSTEM_WORKER,
    Action,
    Actor,
    Grant,
    Resource,
    Role,
    Situation,
    situation,
)
from lineshaft.security.authorisation.policybook import PolicyBook
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from tests.security.conftest import Room

GOLDEN = Path(__file__).parent / "golden" / "authorisation.txt"
POLICIES = Path(service_module.__file__).parent / "policies"

ADMINISTRATOR = Actor("usr_a", Role.ADMINISTRATOR, None, "Ada")
ENGINEER = Actor("usr_e", Role.ENGINEER, None, "Emil")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
AUDITOR = Actor("usr_u", Role.AUDITOR, None, "Aud")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
HOMELESS = Actor("usr_h", Role.CUSTOMER, None, "Hal")

JUNE = Period.parse("2027-06-01T00:00:00Z", "2027-07-01T00:00:00Z")
JUNE_GRANT = Grant("acme", "press-1", JUNE.start, JUNE.end, "con_1")


def policy_texts() -> tuple[str, str]:
    schema = (POLICIES / "schema.cedarschema").read_text(encoding="utf-8")
    return schema, "".join(path.read_text("utf-8") for path in POLICIES.glob("*.cedar"))


# --- the golden table ---------------------------------------------------------------------------

COVERED = Situation(has_grant=True, is_covered=True)
OUTSIDE = Situation(has_grant=True, is_covered=False)
SITUATIONS: dict[str, tuple[Resource, Situation]] = {
    "a thing of nobody": (Resource("thing", "t"), NO_GRANT),
    "machine granted, period inside": (Resource("machine", "m", "m"), COVERED),
    "machine granted, period outside": (Resource("machine", "m", "m"), OUTSIDE),
    "document of own organisation": (Resource("document", "d", organisation="acme"), NO_GRANT),
    "document of another organisation": (
        Resource("document", "d", organisation="other"),
        NO_GRANT,
    ),
    "granted machine of another organisation": (
        Resource("machine", "m", "m", organisation="other"),
        COVERED,
    ),
    "own account": (Resource("user", ""), NO_GRANT),
    "account of somebody else": (Resource("user", "usr_x"), NO_GRANT),
}
COLUMNS = {
    "admin": ADMINISTRATOR,
    "engineer": ENGINEER,
    "finance": FINANCE,
    "auditor": AUDITOR,
    "customer": CUSTOMER,
    "homeless": HOMELESS,
} | {actor.name: actor for actor in SYSTEM_ACTORS}
HEADING = """\
Who may do what
===============
Written by tests/security/test_authorisation.py from the Cedar policies. Review every change.

yes     permitted
-       nobody permits it: denied
FORBID  on the negative list: denied, whatever permits it

homeless is a customer without an organisation; edge, intake, api and worker are the processes.
"""


def render_table(policies: PolicyBook) -> str:
    lines = [HEADING]
    for action in Action:
        lines.append(f"{action:<45}" + "".join(f"{name:<9}" for name in COLUMNS).rstrip())
        reasons: set[str] = set()
        for name, (resource, facts) in SITUATIONS.items():
            cells = [ask(policies, actor, action, resource, facts) for actor in COLUMNS.values()]
            row = f"  {name:<43}" + "".join(f"{answer:<9}" for answer, _ in cells)
            lines.append(row.rstrip())
            reasons.update(*(names for _, names in cells))
        lines += ["  decided by: " + ", ".join(sorted(reasons)), ""]
    return "\n".join(lines)


def ask(
    policies: PolicyBook, actor: Actor, action: Action, resource: Resource, facts: Situation
) -> tuple[str, tuple[str, ...]]:
    key = resource.id or actor.id  # an empty id stands for the actor's own account
    asked = Resource(resource.kind, key, resource.machine, resource.organisation)
    decision = policies.decide(actor, action, asked, facts)
    if decision.is_allowed:
        return "yes", decision.policies
    return "FORBID" if decision.policies else "-", decision.policies


def test_the_table_of_who_may_do_what_is_the_reviewed_one(policies: PolicyBook) -> None:
    table = render_table(policies)
    fresh = GOLDEN.with_suffix(".new")
    if table != GOLDEN.read_text(encoding="utf-8"):
        fresh.write_text(table, encoding="utf-8")
        pytest.fail(f"who may do what has changed: review {fresh.name} and keep it as the table")


def test_every_action_of_the_registry_is_in_the_table_and_in_the_schema() -> None:
    table = GOLDEN.read_text(encoding="utf-8")
    in_table = set(re.findall(r"^([a-z]+:[a-z]+) ", table, re.MULTILINE))
    assert in_table == {action.value for action in Action}
    schema = (POLICIES / "schema.cedarschema").read_text(encoding="utf-8")
    assert set(re.findall(r'"([a-z]+:[a-z]+)"', schema)) == in_table


def test_each_policy_decides_something(policies: PolicyBook) -> None:
    named = {
        name
        for path in POLICIES.glob("*.cedar")
        for name in re.findall(r'^@id\("([a-z-]+)"\)$', path.read_text("utf-8"), re.MULTILINE)
    }
    _, texts = policy_texts()
    assert len(re.findall(r"^(permit|forbid) \($", texts, re.MULTILINE)) == len(named)
    table = render_table(policies)
    assert {name for name in named if name not in table} == set()


# --- what must hold whatever the table says -----------------------------------------------------


@settings(max_examples=40)  # each asks Cedar
@given(
    action=st.sampled_from(Action),
    kind=st.sampled_from(["machine", "document", "contract", "user"]),
    facts=st.builds(Situation, has_grant=st.booleans(), is_covered=st.booleans()),
    actor=st.sampled_from([CUSTOMER, HOMELESS]),
)
def test_no_customer_ever_sees_what_belongs_to_another(
    policies: PolicyBook, action: Action, kind: str, facts: Situation, actor: Actor
) -> None:
    resource = Resource(kind, "x", "m", organisation="other")
    decision = policies.decide(actor, action, resource, facts)
    assert not decision.is_allowed
    assert "customers-never-see-another-customer" in decision.policies


NASTY = st.text(st.sampled_from('a"\\{}:\n\0é名😀'), max_size=10)


@settings(max_examples=40)  # each asks Cedar
@given(
    action=st.sampled_from(Action),
    actor=st.sampled_from([*COLUMNS.values(), LOCAL_OPERATOR]),
    key=NASTY,
    organisation=st.none() | NASTY,
)
def test_any_text_can_be_asked_about_and_only_intake_takes_segments(
    policies: PolicyBook, action: Action, actor: Actor, key: str, organisation: str | None
) -> None:
    resource = Resource("segment", key, organisation=organisation)
    decision = policies.decide(actor, action, resource, COVERED)
    if action is Action.SEGMENT_ACCEPT:
        assert decision.is_allowed == (actor == SYSTEM_INTAKE)


def test_a_person_cannot_become_a_process_by_its_name(policies: PolicyBook) -> None:
    impostor = Actor(SYSTEM_INTAKE.id, Role.CUSTOMER, "acme", "intake")
    resource = Resource("audit", "*")
    assert not policies.decide(impostor, Action.AUDIT_READ, resource, NO_GRANT).is_allowed


# --- grants -------------------------------------------------------------------------------------

BOUND = st.integers(0, 40)


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    spans = draw(st.lists(st.tuples(BOUND, st.none() | st.integers(1, 20)), max_size=5))
    return [
        Grant("acme", "m", Instant(start), None if length is None else Instant(start + length), "c")
        for start, length in spans
    ]


@given(grants(), BOUND, st.integers(1, 10))
def test_a_period_is_covered_when_each_of_its_instants_is(
    given_grants: list[Grant], start: int, length: int
) -> None:
    asked = Resource("machine", "m", "m", period=Period(Instant(start), Instant(start + length)))
    facts = situation(given_grants, asked, Instant(0))
    instants = [Instant(start + step) for step in range(length)]
    assert facts.is_covered == all(
        any(grant.period.contains(instant) for grant in given_grants) for instant in instants
    )
    assert facts.has_grant == bool(given_grants)


@given(grants(), BOUND)
def test_without_a_period_the_present_counts(given_grants: list[Grant], now: int) -> None:
    facts = situation(given_grants, Resource("machine", "m", "m"), Instant(now))
    assert facts.is_covered == any(
        grant.start <= now and (grant.end is None or now < grant.end) for grant in given_grants
    )


def test_a_grant_of_another_machine_says_nothing() -> None:
    facts = situation([JUNE_GRANT], Resource("machine", "m2", "m2"), JUNE.start)
    assert facts == NO_GRANT


def test_a_grant_has_a_span() -> None:
    with pytest.raises(Invalid, match="end must be after"):
        Grant("acme", "m", Instant(5), Instant(5), "c")


def test_grants_are_kept_ended_and_replaced(engine_room: Room) -> None:
    store, desk = SqlGrantStore(), engine_room.authorizer
    later = Grant("acme", "press-2", JUNE.end, None, "con_1")
    other = Grant("acme", "press-9", JUNE.start, None, "con_2")
    with engine_room.database.unit_of_work() as unit:
        for grant in (JUNE_GRANT, later, other, JUNE_GRANT):
            desk.add_grant(unit.connection, grant)
    with engine_room.database.read() as connection:
        assert store.of_organisation(connection, "acme") == [JUNE_GRANT, later, other]
        assert store.of_organisation(connection, "other") == []
    middle = Instant(JUNE.start + 1)
    with engine_room.database.unit_of_work() as unit:
        assert desk.end_grant(unit.connection, "con_1", middle) == 2
        assert desk.end_grant(unit.connection, "con_1", middle) == 0
    with engine_room.database.read() as connection:
        ended = Grant("acme", "press-1", JUNE.start, middle, "con_1")
        assert store.of_organisation(connection, "acme") == [ended, other]


def test_an_organisation_has_a_bounded_number_of_grants(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "GRANTS_PER_ORGANISATION_MAX", 1)
    with room.database.unit_of_work() as unit:
        room.authorizer.add_grant(unit.connection, JUNE_GRANT)
        room.authorizer.add_grant(unit.connection, JUNE_GRANT)
        with pytest.raises(TooManyGrants, match="has 1 grants already"):
            room.authorizer.add_grant(
                unit.connection, Grant("acme", "press-2", JUNE.start, None, "con_1")
            )


# --- the desk -----------------------------------------------------------------------------------


@pytest.fixture
def granted(room: Room) -> Room:
    with room.database.unit_of_work() as unit:
        room.authorizer.add_grant(unit.connection, JUNE_GRANT)
        future = Grant("acme", "press-2", JUNE.end, None, "con_2")
        room.authorizer.add_grant(unit.connection, future)
    return room


def readings(period: Period | None, machine: str = "press-1") -> Resource:
    return Resource("machine", machine, machine, period=period)


def test_a_customer_queries_only_inside_its_period(granted: Room) -> None:
    desk = granted.authorizer
    desk.authorize(CUSTOMER, "reading:query", readings(JUNE))
    wider = Period(JUNE.start, Instant(JUNE.end + 1))
    with pytest.raises(NotAllowed, match=r"Cleo \(customer\) may not reading:query") as refused:
        desk.authorize(CUSTOMER, "reading:query", readings(wider))
    assert isinstance(refused.value, Forbidden)
    assert refused.value.action == "reading:query"
    assert refused.value.policies == ()
    assert not desk.is_allowed(CUSTOMER, "reading:query", readings(JUNE, "press-2"))


def test_the_present_is_open_only_while_the_grant_runs(granted: Room) -> None:
    desk, live = granted.authorizer, Resource("machine", "press-1", "press-1")
    assert not desk.is_allowed(CUSTOMER, Action.LIVE_READ, live)
    granted.clock.advance(JUNE.start - granted.clock.now())
    assert desk.is_allowed(CUSTOMER, Action.LIVE_READ, live)
    granted.clock.advance(JUNE.duration_us)
    assert not desk.is_allowed(CUSTOMER, Action.LIVE_READ, live)
    assert desk.is_allowed(CUSTOMER, Action.MACHINE_READ, live)


def test_a_revocation_holds_at_once_in_every_process(granted: Room, policies: PolicyBook) -> None:
    elsewhere = Authorizer(granted.database, SqlGrantStore(), granted.clock, policies)
    assert elsewhere.is_allowed(CUSTOMER, "reading:query", readings(JUNE))
    with granted.database.unit_of_work() as unit:
        granted.authorizer.end_grant(unit.connection, "con_1", JUNE.start)
    assert not elsewhere.is_allowed(CUSTOMER, "reading:query", readings(JUNE))


def test_lists_show_what_is_granted(granted: Room) -> None:
    desk = granted.authorizer
    assert desk.visible_machines(ADMINISTRATOR) is None
    assert desk.visible_machines(SYSTEM_EDGE) == frozenset()
    assert desk.visible_machines(HOMELESS) == frozenset()
    assert desk.visible_machines(CUSTOMER) == {"press-1", "press-2"}
    assert desk.visible_machines(CUSTOMER, JUNE) == {"press-1"}
    assert desk.visible_organisations(FINANCE) is None
    assert desk.visible_organisations(CUSTOMER) == {"acme"}
    assert desk.visible_organisations(HOMELESS) == frozenset()
    assert desk.visible_organisations(SYSTEM_INTAKE) == frozenset()


def test_a_default_span_is_cut_to_what_is_granted(granted: Room) -> None:
    desk = granted.authorizer
    year = Period.parse("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
    assert desk.visible_periods(CUSTOMER, "press-1", year) == [JUNE]
    assert desk.visible_periods(CUSTOMER, "press-9", year) == []
    assert desk.visible_periods(ENGINEER, "press-9", year) == [year]


def test_a_list_is_decided_at_once(granted: Room) -> None:
    documents = [
        Resource("document", str(number), organisation=owner)
        for number, owner in enumerate(["acme", "other", "acme"])
    ]
    mine = granted.authorizer.permitted(CUSTOMER, Action.INVOICE_READ, documents)
    assert [resource.id for resource in mine] == ["0", "2"]
    too_many = documents[:1] * (service_module.RESOURCES_PER_LIST_MAX + 1)
    with pytest.raises(InvariantError, match="at most"):
        granted.authorizer.permitted(CUSTOMER, Action.INVOICE_READ, too_many)


def test_an_action_that_nobody_has_registered_is_a_bug(room: Room) -> None:
    with pytest.raises(InvariantError, match="no action of the registry"):
        room.authorizer.is_allowed(ADMINISTRATOR, "machine:melt", Resource("machine", "m"))


def test_each_decision_is_explained_and_counted_and_denials_are_logged(room: Room) -> None:
    def count(answer: str) -> float:
        labels = {"action": "ledger:read", "answer": answer}
        return REGISTRY.get_sample_value("lineshaft_authorisation_decisions_total", labels) or 0

    before = count("allow"), count("deny")
    ledger = Resource("ledger", "*")
    decision = room.authorizer.decide(FINANCE, Action.LEDGER_READ, ledger)
    assert decision.policies == ("finance-may-sell-and-bill",)
    assert decision.policy_version == room.authorizer.policy_version
    with structlog.testing.capture_logs() as logs, pytest.raises(NotAllowed):
        room.authorizer.authorize(ENGINEER, Action.LEDGER_READ, ledger)
    assert (count("allow"), count("deny")) == (before[0] + 1, before[1] + 1)
    assert [(log["event"], log["actor"], log["action"]) for log in logs] == [
        ("denied", "usr_e", "ledger:read")
    ]


class CountingBook(PolicyBook):
    """Counts how often Cedar is asked."""

    asked = 0

    def decide(self, *question: object) -> object:  # type: ignore[override]
        self.asked += 1
        return super().decide(*question)  # type: ignore[arg-type]


def test_the_same_question_is_asked_once_and_the_cache_is_bounded(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "DECISIONS_CACHED_MAX", 2)
    book = CountingBook(*policy_texts())
    desk = Authorizer(sqlite_database, SqlGrantStore(), ManualClock(Instant(0)), book)
    for key in ("m", "n", "*"):
        desk.is_allowed(SYSTEM_WORKER, "usage:read", Resource("machine", key))
    assert book.asked == 1
    for key in ("a", "b", "c", "a"):
        desk.is_allowed(SYSTEM_WORKER, "usage:read", Resource("user", key))
    assert book.asked == 5


@pytest.mark.parametrize(
    "condition", ['resource.key == "m"', 'resource == Object::"machine/m"', "resource in resource"]
)
def test_where_policies_look_at_things_each_is_its_own(condition: str) -> None:
    schema, texts = policy_texts()
    book = PolicyBook(
        schema, f"{texts}\npermit (principal, action, resource) when {{{condition}}};"
    )
    assert book.like(Resource("machine", "m")) == Resource("machine", "m")


@settings(max_examples=30)  # each asks Cedar twice
@given(
    action=st.sampled_from(Action),
    actor=st.sampled_from([*COLUMNS.values(), LOCAL_OPERATOR]),
    kind=st.sampled_from(["machine", "contract", "document", "user", "segment"]),
    key=st.sampled_from(["m", "*", *(actor.id for actor in COLUMNS.values())]),
    organisation=st.sampled_from([None, "acme", "other"]),
    facts=st.builds(Situation, has_grant=st.booleans(), is_covered=st.booleans()),
)
def test_the_same_is_decided_of_what_is_like_it(
    policies: PolicyBook,
    action: Action,
    actor: Actor,
    kind: str,
    key: str,
    organisation: str | None,
    facts: Situation,
) -> None:
    resource = Resource(kind, key, organisation=organisation)
    expected = policies.decide(actor, action, resource, facts)
    assert policies.decide(actor, action, policies.like(resource), facts) == expected


# --- the policies themselves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda schema, texts: (schema, "permit (nobody);"), "cannot read"),
        (lambda schema, texts: ("entity {", texts), "cannot read"),
        (
            lambda schema, texts: (schema, texts.replace("has_grant", "has_gold")),
            "do not fit their schema",
        ),
    ],
    ids=["policy", "schema", "both"],
)
def test_policies_that_are_wrong_stop_the_start(
    spoil: Callable[[str, str], tuple[str, str]], said: str
) -> None:
    with pytest.raises(InvariantError, match=said):
        PolicyBook(*spoil(*policy_texts()))


def test_a_policy_that_fails_lets_nobody_in() -> None:
    schema, _ = policy_texts()
    # Cedar would skip this forbid, since it overflows, and the permit would win.
    texts = (
        "permit (principal, action, resource);"
        "forbid (principal, action, resource) when "
        "{ context.has_grant && 9223372036854775807 + 1 > 0 };"
    )
    book = PolicyBook(schema, texts)
    with pytest.raises(InvariantError, match="could not decide"):
        book.decide(ADMINISTRATOR, Action.MACHINE_READ, Resource("machine", "m"), COVERED)


def test_a_policy_without_a_name_is_explained_by_its_number() -> None:
    schema, _ = policy_texts()
    book = PolicyBook(schema, "permit (principal, action, resource);")
    question = (ADMINISTRATOR, Action.MACHINE_READ, Resource("machine", "m"), NO_GRANT)
    assert book.decide(*question).policies == ("policy0",)


def test_the_version_follows_the_text() -> None:
    schema, texts = policy_texts()
    versions = {PolicyBook(schema, texts).version, PolicyBook(schema, texts + "// x\n").version}
    assert len(versions) == 2
