"""Usage over the API is billed and proven as what machines say; restores make a new epoch of it."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.backups import Backups
from lineshaft.bootstrap.restore import RestoreOptions, restore_backup
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant
from lineshaft.infrastructure.backup import Repository
from lineshaft.infrastructure.settings import load_settings
from lineshaft.platform.historian.usage.errors import UsageInvalid
from lineshaft.platform.historian.usage.model import API, UsageMode, UsageOutcome
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.evidence.model import Verdict
from lineshaft.services.metering.model import Meter
from tests.bootstrap.test_late_data import CONTRACT, DAY, HOUR, METER, billed

__all__ = ["billed"]

PRODUCER = "night-shift-book"
PERIOD = Period(DAY, Instant(DAY + US_PER_DAY))


def hour(number: int, **more: Any) -> list[dict[str, Any]]:
    """What somebody wrote down at an hour: the counter, and that the mill was at work."""
    ts = format_instant(Instant(DAY + number * HOUR))
    counter = {"signal": "mill/cut_time", "value": str(100_000 + 1_800 * number)} | more
    state = {"signal": "mill/execution", "text": "ACTIVE"}
    return [{"id": f"{one['signal']}@{number}", "ts": ts} | one for one in (counter, state)]


def recorded(application: Application, *hours: int, producer: str = PRODUCER) -> list[UsageOutcome]:
    events = [event for number in hours for event in hour(number)]
    answer = application.usage.record(LOCAL_OPERATOR, producer, events, UsageMode.ATOMIC)
    return [one.outcome for one in answer.receipts]


def test_an_invoice_on_events_is_proven_with_the_source_of_the_hub(billed: Application) -> None:
    assert set(recorded(billed, *range(-2, 30))) == {UsageOutcome.STORED}
    assert set(recorded(billed, *range(-2, 30))) == {UsageOutcome.DUPLICATE}
    known_at = billed.metering.settle(billed.clock.now())
    record = billed.contracts.contract(LOCAL_OPERATOR, CONTRACT)
    period = record.contract.billed_period(Instant(DAY + 12 * HOUR))
    usage = billed.metering.usage(LOCAL_OPERATOR, METER, period, known_at)
    assert usage.quantity.amount == 24 * 1_800
    assert {one.source for one in usage.ranges} == {API}
    assert (usage.refusal_count, usage.exclusion_count) == (0, 0)
    issued = billed.billing.issue(LOCAL_OPERATOR, CONTRACT, period)
    report = billed.evidence.report(LOCAL_OPERATOR, issued.number)
    assert report.verdict is Verdict.PROVEN, report.checks
    assert billed.historian.check(LOCAL_OPERATOR).faults == ()
    # Hours have come and gone, and somebody has sent everything again: still the same bytes.
    billed.clock.advance(400 * US_PER_DAY)
    recorded(billed, *range(-2, 30))
    again = billed.evidence.report(LOCAL_OPERATOR, issued.number)
    assert again.verdict is Verdict.PROVEN
    assert billed.metering.usage(LOCAL_OPERATOR, METER, period, known_at) == usage


def test_what_cannot_be_read_makes_the_period_incomplete(billed: Application) -> None:
    bad = [*hour(0), *hour(5, value="12,5"), *hour(23)]
    with pytest.raises(UsageInvalid, match="event 2"):
        billed.usage.record(LOCAL_OPERATOR, PRODUCER, bad, UsageMode.ATOMIC)
    billed.usage.record(LOCAL_OPERATOR, PRODUCER, bad, UsageMode.EACH)
    known_at = billed.metering.settle(billed.clock.now())
    usage = billed.metering.usage(LOCAL_OPERATOR, METER, PERIOD, known_at)
    assert usage.refusal_count == 1
    assert not usage.is_complete
    assert usage.quantity.amount == 23 * 1_800  # neither 0 nor 12 nor 125 came into it


def test_a_signal_that_no_machine_has_is_not_recorded(billed: Application) -> None:
    (event, _) = hour(0, signal="mill/cut-time")
    with pytest.raises(UsageInvalid, match="no machine has a signal mill/cut-time"):
        billed.usage.record(LOCAL_OPERATOR, PRODUCER, [event], UsageMode.ATOMIC)
    (event, _) = hour(0, signal="mil/cut_time")
    with pytest.raises(UsageInvalid, match="no machine has a signal mil/cut_time"):
        billed.usage.record(LOCAL_OPERATOR, PRODUCER, [event], UsageMode.ATOMIC)


def test_events_after_a_backup_are_new_to_what_was_restored(
    billed: Application, tmp_path: Path
) -> None:
    recorded(billed, 0, 1)
    Backups(billed).create(LOCAL_OPERATOR, tmp_path / "backups")
    recorded(billed, 2)
    settings = load_settings({}, data_dir=tmp_path / "restored")
    restore_backup(Repository(tmp_path / "backups"), settings, RestoreOptions(), billed.clock)
    restored = build(settings, clock=billed.clock)
    try:
        said = recorded(restored, 0, 1, 2)
        assert said == [UsageOutcome.DUPLICATE] * 4 + [UsageOutcome.STORED] * 2
        marks = restored.historian.marks(LOCAL_OPERATOR)
        assert (marks[API, 1].sequence, marks[API, 2].sequence) == (4, 2)
        events = restored.usage.page(LOCAL_OPERATOR, PRODUCER).items
        assert [one.place.epoch for one in events] == [1] * 4 + [2] * 2
        values = [one.columns.mantissa for one in events if one.columns is not None]
        assert sum(Decimal(one) for one in values if one is not None) == 305_400
        assert restored.historian.check(LOCAL_OPERATOR).faults == ()
    finally:
        restored.database.close()


def test_cases_1_and_12_events_are_added_up_however_often_they_come(billed: Application) -> None:
    content = METER.to_content() | {"kind": "sum", "parameters": {}}
    sold = Meter.from_content(content)
    sent = [
        {
            "id": f"order-{number}",
            "signal": "mill/cut_time",
            "ts": format_instant(Instant(DAY + number // 10 * HOUR)),  # ten of an instant
            "value": "5" if number == 7 else "0.1",
        }
        for number in range(200)
    ]
    for _ in range(3):
        billed.usage.record(LOCAL_OPERATOR, PRODUCER, sent, UsageMode.ATOMIC)
    known_at = billed.metering.settle(billed.clock.now())
    usage = billed.metering.usage(LOCAL_OPERATOR, sold, PERIOD, known_at)
    assert usage.quantity.amount == 5 + Fraction(199, 10)
    assert usage.is_complete
    assert {one.source for one in usage.ranges} == {API}
