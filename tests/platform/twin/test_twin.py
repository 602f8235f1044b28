"""Machines: who sees which, and that what is recorded comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid, NotFound
from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.quantity import UnknownUnit
from lineshaft.core.reading import signal_id
from lineshaft.infrastructure.database import Database
from lineshaft.platform.twin import model
from lineshaft.platform.twin.model import Machine, MachineInvalid, Signal
from lineshaft.platform.twin.service import Twin
from lineshaft.platform.twin.store import SqlMachineStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore

pytestmark = pytest.mark.both_engines

NOW = parse_instant("2027-03-01T08:00:00Z")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "riverside", "Carla")
ENGINEER = Actor("usr_e", Role.ENGINEER, None, "Emil")
SPINDLE = Signal(
    signal_id("mill", "spindle"), unit="RPM", title={"en": "Spindle", "zh-Hans": "主轴"}
)
STATE = Signal(signal_id("mill", "execution"), category="EVENT", is_numeric=False)
MILL = Machine("mill", "Mill", site="Berlin", signals=(SPINDLE, STATE))
PRESS = Machine("press", "A press")


def twin_of(database: Database) -> tuple[Twin, Authorizer, AuditChain]:
    clock = ManualClock(NOW)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    return Twin(database, SqlMachineStore(), authorizer, audit), authorizer, audit


def test_what_is_recorded_comes_back_by_name(database: Database) -> None:
    twin, _, audit = twin_of(database)
    for machine in (MILL, PRESS, MILL):
        twin.put(LOCAL_OPERATOR, machine)
    assert twin.machines(ENGINEER) == [PRESS, MILL]
    assert twin.machine(ENGINEER, "mill") == MILL
    # The same again is no change, and so is not in the audit chain.
    assert audit.verify_chain(LOCAL_OPERATOR).count == 2


def test_a_changed_machine_is_what_it_is_now(sqlite_database: Database) -> None:
    twin, _, _ = twin_of(sqlite_database)
    twin.put(LOCAL_OPERATOR, MILL)
    moved = Machine("mill", "Mill", site="Hamburg", signals=(SPINDLE,))
    twin.put(LOCAL_OPERATOR, moved)
    assert twin.machines(LOCAL_OPERATOR) == [moved]


def test_a_customer_sees_its_own_machines_only(sqlite_database: Database) -> None:
    twin, authorizer, _ = twin_of(sqlite_database)
    twin.put(LOCAL_OPERATOR, MILL)
    twin.put(LOCAL_OPERATOR, PRESS)
    assert twin.machines(CUSTOMER) == []
    with pytest.raises(NotFound) as hidden:
        twin.machine(CUSTOMER, "mill")
    with pytest.raises(NotFound) as absent:
        twin.machine(CUSTOMER, "kiln")
    assert str(hidden.value).replace("mill", "kiln") == str(absent.value)
    with sqlite_database.unit_of_work() as unit:
        grant = Grant("riverside", "mill", Instant(NOW - 1), None, "contract")
        authorizer.add_grant(unit.connection, grant)
    assert twin.machines(CUSTOMER) == [MILL]
    assert twin.machine(CUSTOMER, "mill") == MILL


@pytest.mark.parametrize("role", [Role.FINANCE, Role.CUSTOMER])
def test_who_may_not_change_machines(sqlite_database: Database, role: Role) -> None:
    twin, _, _ = twin_of(sqlite_database)
    with pytest.raises(Forbidden):
        twin.put(Actor("usr", role, "riverside", "X"), MILL)
    assert twin.machines(LOCAL_OPERATOR) == []


def test_words_for_people() -> None:
    assert (SPINDLE.name, SPINDLE.unit_symbol) == ("spindle", "r/min")
    assert SPINDLE.titled("zh-Hans") == "主轴"
    assert SPINDLE.titled("fr") == "Spindle"
    assert STATE.titled("en") == "execution"
    assert STATE.unit_symbol == ""
    named = Signal(signal_id("mill", "turn"), unit="DD/MIN", unit_name="degrees per minute")
    assert named.unit_symbol == "degrees per minute"
    for unit, unit_name, symbol in (
        ("RPM", "revolution per minute", "r/min"),
        ("CEL", "degree Celsius", "°C"),
        ("P1", "percent", "%"),
        ("C62", "one", ""),
    ):
        assert Signal(signal_id("mill", "x"), unit, unit_name).unit_symbol == symbol
    assert MILL.signal(STATE.id) is STATE
    assert MILL.signal(signal_id("mill", "none")) is None


def test_what_no_machine_can_be() -> None:
    for change in ({"name": " "}, {"name": "x" * 201}, {"id": "Mill!"}):
        with pytest.raises(Invalid):
            Machine(**{"id": "mill", "name": "Mill"} | change)
    with pytest.raises(MachineInvalid, match="belongs to another machine"):
        Machine("press", "Press", signals=(SPINDLE,))
    with pytest.raises(MachineInvalid, match="once each"):
        Machine("mill", "Mill", signals=(SPINDLE, SPINDLE))
    with pytest.raises(UnknownUnit):
        Signal(signal_id("mill", "x"), unit="FURLONG")
    with pytest.raises(MachineInvalid, match="SAMPLE, EVENT, CONDITION"):
        Signal(signal_id("mill", "x"), category="NOISE")


def test_too_many_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "SIGNALS_PER_MACHINE_MAX", 2)
    assert len(MILL.signals) == 2
    with pytest.raises(MachineInvalid, match="at most 2"):
        Machine("mill", "Mill", signals=(*MILL.signals, Signal(signal_id("mill", "x"))))


@given(
    st.lists(st.sampled_from(["a", "b", "c d", "é"]), unique=True),
    st.sampled_from(["", "SEC", "RPM"]),
    st.sampled_from(model.CATEGORIES),
)
def test_content_round_trips(names: list[str], unit: str, category: str) -> None:
    signals = tuple(
        Signal(signal_id("mill", name.replace(" ", "_")), unit=unit, category=category)
        for name in names
        if name.isascii()
    )
    machine = Machine("mill", "Mühle 铣床", signals=signals)
    assert Machine.from_content(machine.to_content()) == machine
