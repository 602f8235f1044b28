"""Exchanges of meters: what counts when, what metering makes of them, who records and approves."""

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.core.value import parse_decimal
from lineshaft.security.authorisation.model import SYSTEM_WORKER
from lineshaft.services.metering.exchanges import service
from lineshaft.services.metering.exchanges.errors import (
    ExchangeInstantTaken,
    ExchangeNotFound,
    ExchangeVersionTaken,
    SamePerson,
    TooManyExchanges,
)
from lineshaft.services.metering.exchanges.model import (
    ExchangeApproval,
    ExchangeVersion,
    MeterExchange,
    in_force,
)
from lineshaft.services.metering.exchanges.tables import METER_EXCHANGE
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Meter, Row, UsageRecord
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.series import MeterInput, SeriesRows
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from tests.platform.historian.house import House, Source
from tests.services.metering.rows import (
    KNOWN_AT,
    at,
    counter,
    meter,
    reading,
    readings,
    span,
    usage,
)
from tests.services.records import (
    COLLEAGUE,
    CUSTOMER,
    ENGINEER,
    FINANCE,
    STRANGER,
    Records,
    build_records,
)

SIGNAL = SignalId("mill/x")


def exchange(id_: str = "wo-4711", seconds: float = 15, **other: object) -> MeterExchange:
    """Case 8: final reading of the old meter 98765.4, start of the new one 12.3."""
    content = {
        "id": id_,
        "signal": SIGNAL,
        "at": at(seconds),
        "old_final": Fraction("98765.4"),
        "new_start": Fraction("12.3"),
        "unit": "C62",
        "reference": "WO-4711",
    }
    return MeterExchange(**(content | other))  # type: ignore[arg-type]


def with_recorded(
    used: Meter, rows: list[Row], period: Period, *recorded: MeterExchange
) -> UsageRecord:
    given_rows = MeterInput(SeriesRows.of(rows), exchanges=recorded)
    return measure(used, given_rows, period, KNOWN_AT)


# ---- usage

OLD_AND_NEW = ((10, "98760.0"), (20, "20.3"))


def test_case_08_an_exchange_is_counted_through_and_the_evidence_cites_the_work_order() -> None:
    rows = readings(*OLD_AND_NEW)
    record = with_recorded(counter(rate_max=5), rows, span(0, 30), exchange())
    assert record.quantity.amount == Fraction("13.4")
    assert (record.exclusion_count, record.restart_count) == (0, 0)
    (cited,) = record.to_content()["exchanges"]
    assert cited == {
        "at": "2027-03-01T00:00:15Z",
        "id": "wo-4711",
        "new_start": "123/10",
        "old_final": "493827/5",
        "reference": "WO-4711",
        "signal": "mill/x",
        "unit": "C62",
    }
    assert UsageRecord.from_content(record.to_content()) == record


def test_the_same_exchange_in_the_parameters_gives_the_same_usage_and_is_not_named_twice() -> None:
    own = {
        "at": "2027-03-01T00:00:15Z",
        "old_final": "98765.4",
        "new_start": "12.3",
        "reference": "WO-4711",
    }
    used, rows = counter(rate_max=5, exchanges=[own]), readings(*OLD_AND_NEW)
    record = with_recorded(used, rows, span(0, 30), exchange(new_start=Fraction(0)))
    assert record == usage(used, rows, span(0, 30))
    assert record.quantity.amount == Fraction("13.4")


def test_an_exchange_in_another_unit_of_the_same_kind_is_converted() -> None:
    used = counter(unit="KWH", signal_unit="KWH", rate_max=5)
    other = exchange(unit="MWH", old_final=Fraction("98.7654"), new_start=Fraction("0.0123"))
    record = with_recorded(used, readings(*OLD_AND_NEW), span(0, 30), other)
    assert record.quantity.amount == Fraction("13.4")
    with pytest.raises(Invalid, match="C62"):
        with_recorded(used, readings(*OLD_AND_NEW), span(0, 30), exchange())


def test_an_exchange_that_the_usage_does_not_follow_from_changes_no_byte() -> None:
    rows = readings((0, "1"), (10, "2"), (20, "3"), (30, "4"), (40, "5"))
    used, period = counter(rate_max=5), span(12, 25)
    far = [exchange("a", -5), exchange("b", 45), exchange("c", 35)]
    assert with_recorded(used, rows, period, *far) == usage(used, rows, period)
    states = meter("state_duration", "SEC")
    assert with_recorded(states, rows, period, exchange("d", 20)) == usage(states, rows, period)


VALUES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=12)
EXCHANGES = st.lists(
    st.tuples(st.integers(-2, 42), st.integers(0, 30), st.integers(0, 30)),
    max_size=3,
    unique_by=lambda each: each[0],
)
CUTS = st.lists(st.integers(-10, 50), min_size=3, max_size=3, unique=True).map(sorted)


@given(VALUES, EXCHANGES, CUTS)
def test_i2_usage_adds_up_over_any_cut_and_names_what_it_needs(
    pairs: list[tuple[int, int]], exchanged: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    rows = [
        reading(number, second, parse_decimal(str(value)))
        for number, (second, value) in enumerate(pairs, start=1)
    ]
    recorded = [
        exchange(f"e-{second + 2}", second, old_final=Fraction(old), new_start=Fraction(new))
        for second, old, new in exchanged
    ]
    used, whole = counter(rate_max=3), span(cuts[0], cuts[2])
    total = with_recorded(used, rows, whole, *recorded)
    parts = [with_recorded(used, rows, part, *recorded) for part in whole.split(at(cuts[1]))]
    assert parts[0].quantity + parts[1].quantity == total.quantity
    for record in (total, *parts):
        again = with_recorded(used, rows[::-1], record.period, *reversed(record.exchanges))
        assert again == record


# ---- versions


def test_only_what_is_approved_counts_in_any_order_of_arrival() -> None:
    def version(number: int, of: MeterExchange, approved: int | None) -> ExchangeVersion:
        approval = None if approved is None else ExchangeApproval("usr_2", at(approved))
        return ExchangeVersion(of, number, at(number), "usr_1", approval)

    first, second = exchange(), exchange(new_start=Fraction(0))
    versions = [
        version(1, first, 10),
        version(2, second, None),
        version(3, second, 20),
        version(4, replace(second, is_withdrawn=True), 30),
    ]
    for known in (versions, versions[::-1]):
        assert in_force(known, at(9)) == []
        assert in_force(known, at(10)) == [first]
        assert in_force(known, at(29)) == [second]
        assert in_force(known, at(30)) == []


def test_an_exchange_without_a_work_order_is_none() -> None:
    with pytest.raises(Invalid, match="expected the work order"):
        exchange(reference=" ")
    with pytest.raises(Invalid, match="expected 1 to 63"):
        exchange("Wo")
    with pytest.raises(Invalid, match="unknown unit"):
        exchange(unit="furlong")
    with pytest.raises(Invalid, match="an exchange needs"):
        MeterExchange.from_content({"id": "wo-1"})
    content = exchange().to_content()
    with pytest.raises(Invalid, match="expected texts"):
        MeterExchange.from_content(content | {"at": 5})
    with pytest.raises(Invalid, match="expected an exact number"):
        MeterExchange.from_content(content | {"new_start": 0.1})
    assert MeterExchange.from_content(content) == exchange()


# ---- the use cases


@pytest.mark.both_engines
def test_one_person_records_another_approves(records: Records) -> None:
    made = [records.exchanges.record(ENGINEER, exchange()) for _ in range(2)]
    assert made[0] == made[1]
    asked = records.exchanges.in_force
    assert asked(SYSTEM_WORKER, SIGNAL, records.promised()) == []
    with pytest.raises(SamePerson, match="another person"):
        records.exchanges.approve(ENGINEER, "wo-4711", 1)
    approved = [records.exchanges.approve(COLLEAGUE, "wo-4711", 1) for _ in range(2)]
    assert approved[0] == approved[1]
    assert asked(SYSTEM_WORKER, SIGNAL, records.promised()) == [exchange()]
    (event,) = records.events()
    assert b'"type":"MeterExchangeApproved"' in event
    assert records.audited() == [
        "usr_engineer exchange:write exchange/wo-4711",
        "usr_colleague exchange:approve exchange/wo-4711",
    ]
    assert records.exchanges.exchanges(FINANCE, "mill") == [approved[0]]


def test_a_version_never_changes_and_follows_the_last(records: Records) -> None:
    record = records.exchanges.record
    record(ENGINEER, exchange())
    with pytest.raises(ExchangeVersionTaken, match="expected 2"):
        record(ENGINEER, exchange(new_start=Fraction(0)))
    with pytest.raises(ExchangeVersionTaken, match="is one of mill/x"):
        record(ENGINEER, exchange(signal=SignalId("mill/y")), 2)
    record(ENGINEER, exchange(new_start=Fraction(0)), 2)
    with pytest.raises(ExchangeVersionTaken, match="a later one"):
        records.exchanges.approve(COLLEAGUE, "wo-4711", 1)
    assert records.exchanges.approve(FINANCE, "wo-4711", 2).version == 2
    with pytest.raises(ExchangeNotFound):
        records.exchanges.approve(FINANCE, "wo-4711", 3)


def test_two_exchanges_never_share_an_instant(records: Records) -> None:
    for name in ("a", "b"):
        records.exchanges.record(ENGINEER, exchange(name))
    records.exchanges.approve(COLLEAGUE, "a", 1)
    with pytest.raises(ExchangeInstantTaken, match="a is approved for the same instant"):
        records.exchanges.approve(COLLEAGUE, "b", 1)
    records.exchanges.record(ENGINEER, exchange("a", is_withdrawn=True), 2)
    records.exchanges.approve(COLLEAGUE, "a", 2)
    assert records.exchanges.approve(COLLEAGUE, "b", 1).exchange.id == "b"


def test_who_may_see_an_exchange(records: Records) -> None:
    records.exchanges.record(ENGINEER, exchange())
    records.grant("mill", at(0), at(100))
    assert len(records.exchanges.exchanges(CUSTOMER, "mill")) == 1
    assert records.exchanges.exchanges(STRANGER, "mill") == []
    for actor in (FINANCE, CUSTOMER, SYSTEM_WORKER):
        with pytest.raises(Forbidden):
            records.exchanges.record(actor, exchange("other"))
    with pytest.raises(Forbidden):
        records.exchanges.approve(CUSTOMER, "wo-4711", 1)
    with pytest.raises(ExchangeNotFound):
        records.exchanges.approve(STRANGER, "wo-4711", 1)


def test_exchanges_and_versions_have_a_maximum(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "EXCHANGES_MAX", 1)
    monkeypatch.setattr(service, "VERSIONS_MAX", 2)
    records.exchanges.record(ENGINEER, exchange())
    records.exchanges.record(ENGINEER, exchange(new_start=Fraction(0)), 2)
    with pytest.raises(TooManyExchanges, match="has 1 exchanges"):
        records.exchanges.record(ENGINEER, exchange("other"))
    with pytest.raises(TooManyExchanges, match="has 2 versions"):
        records.exchanges.record(ENGINEER, exchange(new_start=Fraction(1)), 3)


def test_a_recorded_exchange_is_frozen(records: Records) -> None:
    records.exchanges.record(ENGINEER, exchange())
    with (
        pytest.raises(sa.exc.IntegrityError, match="never changed"),
        records.database.unit_of_work() as unit,
    ):
        unit.connection.execute(sa.delete(METER_EXCHANGE))


# ---- metering over the historian


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    shutil.copyfile(sqlite_template, tmp_path / "hub.sqlite")
    opened = House(tmp_path)
    yield opened
    opened.database.close()


def test_case_08_a_late_exchange_is_measured_anew_and_a_reversal_restores_the_bytes(
    house: House,
) -> None:
    source = Source()
    for second, value in ((0, 987550), (10, 987600), (20, 203), (30, 210)):
        source.add(SIGNAL, at(second), value, -1)
    source.seal()
    house.store(source)
    records = build_records(house.database, house.clock)
    beside = Beside(exchanges=records.exchanges)
    metering = Metering(
        house.historian, records.authorizer, house.database, SqlUsageStore(), beside
    )

    def measured(known_at: Instant) -> UsageRecord:
        used = counter(rate_max=5, restarts_at=None)
        return metering.usage(SYSTEM_WORKER, used, span(10, 20), known_at)

    then = records.promised()
    before = measured(then)
    assert (before.quantity.amount, before.exclusion_count) == (0, 1)
    records.exchanges.record(ENGINEER, exchange())
    records.exchanges.approve(COLLEAGUE, "wo-4711", 1)
    after = measured(records.promised())
    assert (after.quantity.amount, after.exclusion_count) == (Fraction("13.4"), 0)
    assert [each.reference for each in after.exchanges] == ["WO-4711"]
    records.exchanges.record(ENGINEER, exchange(is_withdrawn=True), 2)
    records.exchanges.approve(COLLEAGUE, "wo-4711", 2)
    restored = measured(records.promised())
    assert replace(restored, known_at=then) == before == measured(then)
    assert measured(after.known_at) == after
