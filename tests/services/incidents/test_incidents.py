"""Incidents and exclusions: what they are, what is agreed when, who records and agrees."""

import itertools

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER
from lineshaft.services.incidents import model, service
from lineshaft.services.incidents.errors import (
    ExclusionNotFound,
    IncidentNotFound,
    IncidentVersionTaken,
    TooManyVersions,
)
from lineshaft.services.incidents.model import (
    AgreedExclusion,
    CustomerWait,
    ExclusionCategory,
    IncidentCause,
    RecordedVersion,
    ServiceIncident,
    Side,
    SideApproval,
    SubjectKind,
    agreed,
)
from lineshaft.services.incidents.tables import INCIDENT_APPROVAL, INCIDENT_VERSION
from tests.services.records import COLLEAGUE, CUSTOMER, ENGINEER, FINANCE, STRANGER, Records

START = parse_instant("2027-04-02T16:30:00Z")
INCIDENT, EXCLUSION = SubjectKind.INCIDENT, SubjectKind.EXCLUSION


def hours(count: float) -> Instant:
    return Instant(START + round(count * 3_600) * US_PER_S)


def incident(**other: object) -> ServiceIncident:
    content = {
        "id": "inc-1",
        "machine": "mill",
        "reported_at": START,
        "acknowledged_at": hours(1),
        "on_site_at": hours(3),
        "restored_at": hours(9),
        "cause": IncidentCause.PROVIDER,
        "waits": (CustomerWait(Period(hours(4), hours(5)), "no access to the hall"),),
    }
    return ServiceIncident(**(content | other))  # type: ignore[arg-type]


def exclusion(**other: object) -> AgreedExclusion:
    content = {
        "id": "exc-1",
        "machine": "mill",
        "period": Period(START, hours(8)),
        "category": ExclusionCategory.MAINTENANCE,
        "proof": "maintenance order MO-12",
    }
    return AgreedExclusion(**(content | other))  # type: ignore[arg-type]


# ---- the values


@pytest.mark.parametrize(
    "wrong",
    [
        {"acknowledged_at": Instant(START - 1)},
        {"on_site_at": hours(0.5)},
        {"restored_at": hours(2)},
        {"waits": (CustomerWait(Period(hours(-1), hours(1)), "before the report"),)},
        {"waits": (CustomerWait(Period(hours(8), hours(10)), "after the restoration"),)},
        {"waits": tuple(CustomerWait(Period(hours(4), hours(6)), "twice") for _ in range(2))},
        {"note": "x" * (model.TEXT_CHARACTERS_MAX + 1)},
    ],
)
def test_an_incident_that_contradicts_itself_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="in time order"):
        incident(**wrong)


def test_waits_have_a_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "WAITS_MAX", 1)
    assert len(incident().waits) == 1
    two = tuple(CustomerWait(Period(hours(n), hours(n + 1)), "no access") for n in (4, 6))
    with pytest.raises(Invalid, match="at most 1 waits"):
        incident(waits=two)


def test_what_has_no_id_no_reason_or_no_proof_is_refused() -> None:
    with pytest.raises(Invalid, match="expected 1 to 63"):
        incident(id="INC 1")
    with pytest.raises(Invalid, match="reason of a wait"):
        CustomerWait(Period(START, hours(1)), "")
    with pytest.raises(Invalid, match="proof of exclusion exc-1"):
        exclusion(proof=" ")


def test_content_comes_back_and_says_what_is_wrong_with_it() -> None:
    for subject in (incident(), incident(restored_at=None, on_site_at=None), exclusion()):
        assert type(subject).from_content(subject.to_content()) == subject
    short = {"id": "inc-2", "machine": "mill", "reported_at": "2027-04-02T16:30:00Z"}
    read = ServiceIncident.from_content(short)
    assert (read.cause, read.restored_at, read.waits) == (IncidentCause.UNKNOWN, None, ())
    for wrong, message in (
        ({"reported_at": None}, "reported_at = None"),
        ({"cause": "gremlins"}, "expected one of provider, customer"),
        ({"waits": "none"}, "expected a list"),
        ({"is_withdrawn": 1}, "expected true or false"),
        ({"colour": "red"}, "colour"),
        ({"note": 5}, "expected a text"),
    ):
        with pytest.raises(Invalid, match=message):
            ServiceIncident.from_content(short | wrong)
    with pytest.raises(Invalid, match="proof is missing"):
        AgreedExclusion.from_content(
            {k: v for k, v in exclusion().to_content().items() if k != "proof"}
        )
    with pytest.raises(Invalid, match="expected a table"):
        CustomerWait.from_content("a day")


# ---- versions


def version(
    number: int, provider: int | None, customer: int | None, **other: object
) -> RecordedVersion[AgreedExclusion]:
    approvals = [
        SideApproval(side, "usr", Instant(at))
        for side, at in ((Side.PROVIDER, provider), (Side.CUSTOMER, customer))
        if at is not None
    ]
    return RecordedVersion(exclusion(**other), number, Instant(number), "usr", tuple(approvals))


def test_it_takes_both_sides_to_agree() -> None:
    one_sided = [version(1, 5, None), version(1, None, 5)]
    assert [agreed([each], Instant(9)) for each in one_sided] == [[], []]
    both = version(1, 5, 7)
    assert both.agreed_at == 7
    assert agreed([both], Instant(6)) == []
    assert agreed([both], Instant(7)) == [exclusion()]


VERSIONS = st.lists(
    st.tuples(st.none() | st.integers(1, 9), st.none() | st.integers(1, 9), st.booleans()),
    min_size=1,
    max_size=4,
)


@given(VERSIONS, st.integers(0, 10))
def test_what_is_agreed_does_not_depend_on_the_order_of_arrival(
    sides: list[tuple[int | None, int | None, bool]], known: int
) -> None:
    """And is that of the last version to which both had agreed, whatever came later."""
    versions = [
        version(number, provider, customer, proof=f"proof {number}", is_withdrawn=withdrawn)
        for number, (provider, customer, withdrawn) in enumerate(sides, start=1)
    ]
    last = next((v for v in reversed(versions) if v.is_agreed(Instant(known))), None)
    expected = [] if last is None or last.subject.is_withdrawn else [last.subject]
    for order in itertools.permutations(versions):
        assert agreed(order, Instant(known)) == expected


# ---- the use cases


@pytest.mark.both_engines
def test_an_incident_is_recorded_and_agreed_to_by_both_sides(records: Records) -> None:
    records.grant("mill", START)
    made = [records.incidents.record(ENGINEER, incident()) for _ in range(2)]
    assert made[0] == made[1]
    records.incidents.approve(FINANCE, INCIDENT, "inc-1", 1)
    assert records.incidents.agreed_incidents(SYSTEM_WORKER, "mill", records.promised()) == []
    both = [records.incidents.approve(CUSTOMER, INCIDENT, "inc-1", 1) for _ in range(2)]
    assert both[0] == both[1]
    assert [(a.side, a.by) for a in both[0].approvals] == [
        (Side.PROVIDER, FINANCE.id),
        (Side.CUSTOMER, CUSTOMER.id),
    ]
    now = records.promised()
    assert records.incidents.agreed_incidents(SYSTEM_WORKER, "mill", now) == [incident()]
    assert records.incidents.incidents(CUSTOMER, "mill") == [both[0]]
    recorded, agreed_to = records.events()
    assert b'"type":"ServiceIncidentRecorded"' in recorded
    assert b'"type":"ServiceIncidentAgreed"' in agreed_to
    assert records.audited() == [
        "usr_engineer incident:write incident/inc-1",
        "usr_finance incident:approve incident/inc-1",
        "usr_customer incident:approve incident/inc-1",
    ]


@pytest.mark.both_engines
def test_what_was_agreed_stands_until_both_agree_on_another(records: Records) -> None:
    records.grant("mill", START)
    records.incidents.record(ENGINEER, exclusion())
    for actor in (FINANCE, CUSTOMER):
        records.incidents.approve(actor, EXCLUSION, "exc-1", 1)
    then = records.promised()
    longer = exclusion(period=Period(START, hours(12)))
    records.incidents.record(ENGINEER, longer, 2)
    records.incidents.approve(COLLEAGUE, EXCLUSION, "exc-1", 2)
    read = records.incidents.agreed_exclusions
    assert read(SYSTEM_WORKER, "mill", records.promised()) == [exclusion()]
    records.incidents.approve(CUSTOMER, EXCLUSION, "exc-1", 2)
    assert read(SYSTEM_WORKER, "mill", records.promised()) == [longer]
    records.incidents.record(ENGINEER, exclusion(is_withdrawn=True), 3)
    for actor in (FINANCE, CUSTOMER):
        records.incidents.approve(actor, EXCLUSION, "exc-1", 3)
    assert read(SYSTEM_WORKER, "mill", records.promised()) == []
    assert read(SYSTEM_WORKER, "mill", then) == [exclusion()]
    kinds = [event.split(b'"type":"')[1].split(b'"')[0] for event in records.events()]
    assert kinds == [b"ExclusionRecorded", b"ExclusionAgreed"] * 3


def test_a_version_never_changes_and_follows_the_last(records: Records) -> None:
    record = records.incidents.record
    record(ENGINEER, incident())
    with pytest.raises(IncidentVersionTaken, match="expected 2"):
        record(ENGINEER, incident(note="another"))
    with pytest.raises(IncidentVersionTaken, match="expected 2"):
        record(ENGINEER, incident(note="another"), 3)
    with pytest.raises(IncidentVersionTaken, match="is one of mill"):
        record(ENGINEER, incident(machine="lathe"), 2)
    record(ENGINEER, incident(note="another"), 2)
    with pytest.raises(IncidentVersionTaken, match="a later one"):
        records.incidents.approve(FINANCE, INCIDENT, "inc-1", 1)
    # An exclusion may have the id of an incident.
    assert record(ENGINEER, exclusion(id="inc-1")).version == 1


def test_who_may_record_and_agree(records: Records) -> None:
    records.incidents.record(ENGINEER, incident())
    records.incidents.record(LOCAL_OPERATOR, exclusion())
    assert records.incidents.incidents(CUSTOMER, "mill") == []
    with pytest.raises(IncidentNotFound):
        records.incidents.approve(CUSTOMER, INCIDENT, "inc-1", 1)
    records.grant("mill", START)
    assert len(records.incidents.exclusions(CUSTOMER, "mill")) == 1
    assert records.incidents.exclusions(STRANGER, "mill") == []
    for actor in (FINANCE, CUSTOMER, SYSTEM_WORKER):
        with pytest.raises(Forbidden):
            records.incidents.record(actor, incident(id="inc-2"))
    with pytest.raises(Forbidden):
        records.incidents.approve(SYSTEM_WORKER, INCIDENT, "inc-1", 1)
    with pytest.raises(ExclusionNotFound):
        records.incidents.approve(FINANCE, EXCLUSION, "exc-2", 1)


def test_incidents_and_versions_have_a_maximum(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SUBJECTS_MAX", 1)
    monkeypatch.setattr(service, "VERSIONS_MAX", 1)
    records.incidents.record(ENGINEER, incident())
    with pytest.raises(TooManyVersions, match="at most 1 versions"):
        records.incidents.record(ENGINEER, incident(note="another"), 2)
    with pytest.raises(TooManyVersions, match="and 1 of mill"):
        records.incidents.record(ENGINEER, incident(id="inc-2"))
    assert records.incidents.record(ENGINEER, exclusion()).version == 1


@pytest.mark.parametrize("table", [INCIDENT_VERSION, INCIDENT_APPROVAL], ids=lambda t: t.name)
def test_what_is_recorded_or_approved_never_changes(records: Records, table: sa.Table) -> None:
    records.incidents.record(ENGINEER, incident())
    records.incidents.approve(FINANCE, INCIDENT, "inc-1", 1)
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        records.database.unit_of_work() as unit,
    ):
        unit.connection.execute(sa.update(table).values(version=9))


# ---- requests of a customer


def test_a_customer_asks_for_help_and_both_sides_agree_on_what_happened(records: Records) -> None:
    records.grant("mill", START)
    asked = records.incidents.report(CUSTOMER, "mill", "the spindle does not turn")
    assert asked.subject.note == "the spindle does not turn"
    assert asked.subject.reported_at == asked.recorded_at
    assert asked.subject.cause is IncidentCause.UNKNOWN
    assert asked.recorded_by == CUSTOMER.id
    later = incident(id=asked.subject.id, reported_at=asked.recorded_at, waits=(), note="a fuse",
                     acknowledged_at=None, on_site_at=None, restored_at=None)  # fmt: skip
    records.incidents.record(ENGINEER, later, 2)
    records.incidents.approve(ENGINEER, INCIDENT, later.id, 2)
    both = records.incidents.approve(CUSTOMER, INCIDENT, later.id, 2)
    assert both.agreed_at is not None
    for actor in (CUSTOMER, ENGINEER, FINANCE):
        assert [one.version for one in records.incidents.recent(actor)] == [2]
    assert records.incidents.recent(STRANGER) == []
    for actor in (STRANGER, FINANCE):
        with pytest.raises(Forbidden):
            records.incidents.report(actor, "mill", "not mine")
    with pytest.raises(Invalid):
        records.incidents.report(CUSTOMER, "mill", " ")


def test_a_list_of_requests_has_a_maximum(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RECENT_MAX", 2)
    made = [records.incidents.report(ENGINEER, "mill", f"noise {n}").subject.id for n in range(3)]
    found = {one.subject.id for one in records.incidents.recent(ENGINEER)}
    assert len(found) == 2
    assert found <= set(made)
