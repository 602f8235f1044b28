"""What metering writes, word for word: documents embed it and proofs are computed over it."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.services.metering.clocks.model import (
    ClockEntry,
    ClockOffset,
    ClockOrigin,
    ClockStep,
)
from lineshaft.services.metering.estimates.model import Estimate, EstimateRecord, EstimateStep
from lineshaft.services.metering.exchanges.model import (
    ExchangeApproval,
    ExchangeVersion,
    MeterExchange,
)
from lineshaft.services.metering.hours import HOLIDAYS_MAX, SPANS_MAX, Hours
from lineshaft.services.metering.model import (
    EvidenceRange,
    Exclusion,
    ExclusionReason,
    Identity,
    TimedState,
    UsageRecord,
)
from tests.services.metering.rows import at, counter, span

T0, T1, T2 = (f"2027-03-01T00:0{minute}:00Z" for minute in range(3))
EDGE = SourceId("edge-1")
STEP = ClockStep(EDGE, at(0), 1_500)
STEP_CONTENT = {"offset_us": 1_500, "source": "edge-1", "valid_from": T0}
EXCHANGE = MeterExchange(
    id="x-1",
    signal=SignalId("mill/x"),
    at=at(60),
    old_final=Fraction("98765.4"),
    new_start=Fraction("1/4"),
    unit="C62",
    reference="WO-7",
)
EXCHANGE_CONTENT = {
    "at": T1,
    "id": "x-1",
    "new_start": "1/4",
    "old_final": "493827/5",
    "reference": "WO-7",
    "signal": "mill/x",
    "unit": "C62",
}
ESTIMATE = Estimate(
    id="e-1",
    machine="mill",
    meter="m1",
    period=span(0, 60),
    quantity=Quantity(Fraction(5, 2), "C62"),
    author="usr_1",
    reason="Sensor torn off",
)
ESTIMATE_CONTENT = {
    "amount": "5/2",
    "author": "usr_1",
    "end": T1,
    "id": "e-1",
    "machine": "mill",
    "meter": "m1",
    "reason": "Sensor torn off",
    "start": T0,
    "unit": "C62",
}


def test_an_offset_of_a_clock() -> None:
    offset = ClockOffset(ClockEntry("o-1", STEP, "Drift"), ClockOrigin.MEASURED, "edge", at(120))
    content = STEP_CONTENT | {
        "author": "edge",
        "id": "o-1",
        "known_at": T2,
        "origin": "measured",
        "reason": "Drift",
    }
    assert offset.to_content() == content
    assert STEP.to_content() == STEP_CONTENT
    assert ClockStep.from_content(STEP_CONTENT) == STEP
    entry = STEP_CONTENT | {"id": "o-1", "reason": "Drift"}
    assert ClockEntry.from_content(entry) == offset.entry


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_us": True},
        {"offset_us": "1500"},
        {"offset_us": 1.5},
        {"source": 1},
        {"valid_from": 0},
        {"more": 1},
    ],
)
def test_a_step_of_a_clock_is_read_as_it_is_written(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="needs source, valid_from and offset_us"):
        ClockStep.from_content(STEP_CONTENT | changes)


@pytest.mark.parametrize(
    ("id_", "reason", "is_sound"),
    [
        ("o", "r", True),
        ("o" * 63, "r" * 500, True),
        ("", "r", False),
        ("o" * 64, "r", False),
        ("O 1", "r", False),
        ("o", " ", False),
        ("o", "r" * 501, False),
    ],
)
def test_an_entry_has_an_id_and_a_reason(id_: str, reason: str, is_sound: bool) -> None:
    if is_sound:
        assert ClockEntry(id_, STEP, reason).reason == reason
    else:
        with pytest.raises(Invalid, match=r"^clock offset"):
            ClockEntry(id_, STEP, reason)


def test_an_exchange_and_its_versions() -> None:
    assert EXCHANGE.to_content() == EXCHANGE_CONTENT
    assert MeterExchange.from_content(EXCHANGE_CONTENT) == EXCHANGE
    assert EXCHANGE.machine == "mill"
    withdrawn = MeterExchange.from_content(EXCHANGE_CONTENT | {"is_withdrawn": True})
    assert withdrawn.to_content() == EXCHANGE_CONTENT | {"is_withdrawn": True}
    version = ExchangeVersion(EXCHANGE, 2, at(60), "usr_1")
    content = EXCHANGE_CONTENT | {
        "approved_at": None,
        "approved_by": None,
        "recorded_at": T1,
        "recorded_by": "usr_1",
        "version": 2,
    }
    assert version.to_content() == content
    approved = ExchangeVersion(EXCHANGE, 2, at(60), "usr_1", ExchangeApproval("usr_2", at(120)))
    assert approved.to_content() == content | {"approved_at": T2, "approved_by": "usr_2"}


@pytest.mark.parametrize(
    "changes",
    [{"id": 1}, {"old_final": True}, {"new_start": 1.5}, {"is_withdrawn": 1}, {"more": ""}],
)
def test_an_exchange_is_read_as_it_is_written(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        MeterExchange.from_content(EXCHANGE_CONTENT | changes)


def test_an_estimate_and_what_became_of_it() -> None:
    assert ESTIMATE.to_content() == ESTIMATE_CONTENT
    assert Estimate.from_content(ESTIMATE_CONTENT) == ESTIMATE
    record = EstimateRecord(ESTIMATE, at(0))
    bare = ESTIMATE_CONTENT | {"approval": None, "recorded_at": T0, "withdrawal": None}
    assert record.to_content() == bare
    assert record.counting is None
    approval, withdrawal = EstimateStep("usr_2", at(60)), EstimateStep("usr_3", at(120))
    taken_back = EstimateRecord(ESTIMATE, at(0), approval, withdrawal)
    assert taken_back.to_content() == bare | {
        "approval": {"at": T1, "by": "usr_2"},
        "withdrawal": {"at": T2, "by": "usr_3"},
    }
    counting = taken_back.counting
    assert counting is not None
    assert (counting.known_at, counting.withdrawn_at) == (at(60), at(120))
    approved = EstimateRecord(ESTIMATE, at(0), approval).counting
    assert approved is not None
    assert approved.withdrawn_at is None


@pytest.mark.parametrize("changes", [{"amount": 2}, {"more": "x"}])
def test_an_estimate_is_read_as_it_is_written(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="an estimate needs the texts"):
        Estimate.from_content(ESTIMATE_CONTENT | changes)


EXCLUDED = Exclusion(at(60), Identity(EDGE, 1, 7), ExclusionReason.FELL)
RANGE = EvidenceRange(EDGE, 1, 2, 3, 4, 5)


def record(**changes: Any) -> UsageRecord:
    fields: dict[str, Any] = {
        "meter": counter(),
        "period": span(0, 120),
        "known_at": at(120),
        "quantity": Quantity(Fraction(7, 2), "C62"),
        "covered_us": 90_000_000,
    }
    return UsageRecord(**(fields | changes))


def test_a_usage_record_that_says_little() -> None:
    plain = record()
    assert plain.to_content() == {
        "bridged_gap_count": 0,
        "bridged_gap_us": 0,
        "completeness": "3/4",
        "covered_us": 90_000_000,
        "evidence_root": plain.evidence_root,
        "exclusion_count": 0,
        "exclusions": [],
        "is_complete": False,
        "known_at": T2,
        "known_until": None,
        "meter": plain.meter.to_content(),
        "period": {"end": T2, "start": T0},
        "quantity": {"amount": "7/2", "unit": "C62"},
        "ranges": [],
        "refusal_count": 0,
        "restart_count": 0,
        "states": [],
        "unknown_after": [],
    }


def test_a_usage_record_names_what_it_rests_on() -> None:
    content = record().to_content()
    full = record(
        known_until=at(60),
        states={"B": 2, "A": 1},
        unknown_after={"A": 3},
        exclusions=(EXCLUDED,),
        exclusion_count=1,
        refusal_count=2,
        bridged_gap_count=3,
        bridged_gap_us=4,
        restart_count=5,
        ranges=(RANGE,),
        spans=(TimedState(120_000_000, None, "A"),),
        metered_us=100_000_000,
        is_undefined=True,
        clock_offsets=(STEP,),
        exchanges=(EXCHANGE,),
        estimates=(ESTIMATE,),
    )
    assert full.to_content() == content | {
        "bridged_gap_count": 3,
        "bridged_gap_us": 4,
        "clock_offsets": [STEP_CONTENT],
        "completeness": "9/10",
        "estimated": "5/2",
        "estimates": [ESTIMATE_CONTENT],
        "exchanges": [EXCHANGE_CONTENT],
        "exclusion_count": 1,
        "exclusions": [{"reading": ["edge-1", 1, 7], "reason": "fell", "ts": T1}],
        "is_undefined": True,
        "known_until": T1,
        "metered_us": 100_000_000,
        "ranges": [RANGE.to_content()],
        "refusal_count": 2,
        "restart_count": 5,
        "spans": [[120_000_000, None, "A"]],
        "states": [["A", 1], ["B", 2]],
        "unknown_after": [["A", 3]],
    }
    assert UsageRecord.from_content(full.to_content()) == full
    assert (full.unknown_us, full.estimated_us, full.counted_us) == (10**7, 60_000_000, 10**8)


@pytest.mark.parametrize(
    "changes",
    [
        {"covered_us": 120_000_000},
        {"covered_us": 120_000_000, "exclusion_count": 1},
        {"covered_us": 120_000_000, "refusal_count": 1},
        {"covered_us": 120_000_000, "is_undefined": True},
        {"covered_us": 119_999_999},
    ],
)
def test_a_record_is_complete_when_nothing_is_missing(changes: dict[str, Any]) -> None:
    assert record(**changes).is_complete is (len(changes) == 1 and changes["covered_us"] % 2 == 0)


def test_of_no_time_that_counts_all_is_known() -> None:
    assert record(covered_us=0, metered_us=0).completeness == 1


def test_a_record_that_is_not_what_is_written_is_refused() -> None:
    content = record(states={"A": 1}, spans=(TimedState(120_000_000, "A", "A"),)).to_content()
    for wrong in (
        {"states": [["A", True]]},
        {"states": [[1, 1]]},
        {"spans": [[0, "A", "A"]]},
        {"spans": [[1, 2, "A"]]},
        {"completeness": "1"},
        {"evidence_root": "00"},
        {"period": {"start": T0}},
        {"exclusions": [{"reading": ["edge-1", 1], "reason": "fell", "ts": T1}]},
        {"exclusions": [EXCLUDED.to_content() | {"reason": "rose"}]},
        {"more": 1},
    ):
        with pytest.raises(Invalid):
            UsageRecord.from_content(content | wrong)
    with pytest.raises(Invalid, match="this is no usage record: KeyError"):
        UsageRecord.from_content({})


@pytest.mark.parametrize(
    "changes", [{"reason": "rose"}, {"reading": ["edge-1", 1]}, {"ts": 0}, {"more": 1}]
)
def test_an_exclusion_is_read_as_it_is_written(changes: dict[str, Any]) -> None:
    assert Exclusion.from_content(EXCLUDED.to_content()) == EXCLUDED
    with pytest.raises(Invalid, match="an exclusion needs ts, reading and reason"):
        Exclusion.from_content(EXCLUDED.to_content() | changes)


def test_hours_at_their_edges() -> None:
    days = [(dt.date(2026, 1, 1) + dt.timedelta(i)).isoformat() for i in range(HOLIDAYS_MAX)]
    quarters = [(half // 2, 30 * (half % 2)) for half in range(SPANS_MAX)]
    spans = [f"{hour:02}:{minute:02}-{hour:02}:{minute + 15}" for hour, minute in quarters]
    content = {"zone": "UTC", "mon": ["00:00-24:00"], "tue": spans, "holidays": days}
    hours = Hours.from_content(content)
    assert (len(hours.holidays), len(hours.weekly[1])) == (HOLIDAYS_MAX, SPANS_MAX)
    assert hours.weekly[0] == ((0, 1440),)
    assert hours.weekly[1][-1] == (23 * 60 + 30, 23 * 60 + 45)
    closed = {day: [] for day in ("wed", "thu", "fri", "sat", "sun", "holiday")}
    assert hours.to_content() == content | closed | {"outside": False}
    for wrong in (
        [600],
        [None],
        ["00:00-24:01"],
        ["00:60-02:00"],
        ["01:00-02:60"],
        ["02:00-02:00"],
        ["00:00-01:00", "01:00-02:00"],
        [*spans, "23:50-23:55"],
    ):
        with pytest.raises(Invalid, match=r"^hours of mon"):
            Hours.from_content({"zone": "UTC", "mon": wrong})
