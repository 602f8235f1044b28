"""Usage events: named maxima, what is read back, and who may."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from lineshaft.core.errors import Forbidden
from lineshaft.core.pages import CursorInvalid, PageRequest
from lineshaft.core.period import Instant, format_instant
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import Commit
from lineshaft.platform.historian.usage import commits, service
from lineshaft.platform.historian.usage.errors import (
    UsageBatchTooLarge,
    UsageBusy,
)
from lineshaft.platform.historian.usage.model import (
    API,
    BATCH_EVENTS_MAX,
    BATCH_HOURS_MAX,
    UsageMode,
)
from lineshaft.security.authorisation.model import Action
from tests.platform.historian.house import ACTOR, HOUR, START, House
from tests.platform.historian.usage_house import (
    ENERGY,
    ENGINEER,
    PRODUCER,
    event,
    events,
    outcomes,
    record,
    total,
    usage_of,
)

EACH = UsageMode.EACH


# ---- limits


def test_a_batch_has_a_maximum(house: House) -> None:
    usage = usage_of(house)
    assert len(record(usage, *events(BATCH_EVENTS_MAX)).receipts) == BATCH_EVENTS_MAX
    with pytest.raises(UsageBatchTooLarge, match="cannot record 10001 events"):
        record(usage, *events(BATCH_EVENTS_MAX + 1))


def test_a_batch_lies_in_so_many_hours(house: House) -> None:
    sent = [
        event(number, ts=format_instant(Instant(START - number * HOUR)))
        for number in range(BATCH_HOURS_MAX + 1)
    ]
    with pytest.raises(UsageBatchTooLarge, match="1001 different hours"):
        record(usage_of(house), *sent)
    assert set(outcomes(record(usage_of(house), *sent[:30]))) == {"stored"}
    assert record(usage_of(house)).receipts == []


def test_what_waits_has_a_maximum(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "WAITING_EVENTS_MAX", 5)
    usage = usage_of(house)
    with usage._commits._turn:
        waiting = threading.Thread(target=record, args=(usage, *events(4)))
        waiting.start()
        while not usage._commits._waiting:
            waiting.join(0.001)
        with pytest.raises(UsageBusy, match="cannot take 2 events: 4 wait"):
            record(usage, *events(2, 10))
    waiting.join()
    assert outcomes(record(usage, *events(2, 10))) == ["stored"] * 2


def test_a_group_has_a_maximum(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "GROUP_EVENTS_MAX", 5)
    usage = usage_of(house)
    with usage._commits._turn:
        threads = [
            threading.Thread(target=record, args=(usage, *events(3, number * 3)))
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        while len(usage._commits._waiting) < 4:
            threads[0].join(0.001)
    for thread in threads:
        thread.join()
    assert house.historian.marks(ACTOR)[API, 1].number == 4
    assert total(house) == Decimal("1.2")


def test_a_desk_that_others_always_beat_gives_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, other = usage_of(house), usage_of(house)
    prepare = Committer.prepare
    numbers = iter(range(100, 200))

    def beaten(self: Committer, *given: Any) -> Commit:
        if self is usage._parts.commits.committer:
            record(other, event(next(numbers)))
        return prepare(self, *given)

    monkeypatch.setattr(Committer, "prepare", beaten)
    with pytest.raises(UsageBusy, match="others stored some 10 times"):
        record(usage, event(1))


def test_producers_are_remembered_up_to_a_maximum(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PRODUCERS_CACHED_MAX", 2)
    usage = usage_of(house)
    for number in (1, 2, 3, 1):
        record(usage, event(number), producer=f"p{number}")
    assert len(usage._producers) <= 2
    assert house.historian.totals(ACTOR).records == 3


# ---- reading back


def test_what_is_recorded_is_read_back_page_by_page(house: House) -> None:
    usage = usage_of(house)
    for number in range(5):
        record(usage, event(number, "1.50"), producer="other")
        record(usage, event(number, "1.50"))
    record(usage, event(5, "x"), event(6, text="RUN"), mode=EACH)
    house.compact()
    found, after = [], ""
    while True:
        page = usage.page(ENGINEER, PRODUCER, PageRequest(3, after))
        found += page.items
        if page.next is None:
            break
        after = page.next
    assert [one.id for one in found] == [f"e-{number}" for number in range(7)]
    assert [one.place.sequence for one in found] == [2, 4, 6, 8, 10, 11, 12]
    assert (found[0].signal, found[0].ts) == (ENERGY, START)
    assert found[0].columns is not None
    assert (found[0].columns.mantissa, found[0].columns.exponent) == (150, -2)
    assert [one.is_refused for one in found] == [False] * 5 + [True, False]
    assert found[6].columns is not None
    assert found[6].columns.text == "RUN"
    chosen = usage.find(ENGINEER, PRODUCER, ["e-6", "none", "e-0", "e-6"])
    assert [one.id for one in chosen] == ["e-6", "e-0"]
    assert usage.page(ENGINEER, "nobody").items == []
    assert usage.find(ENGINEER, "nobody", ["e-1"]) == []
    with pytest.raises(CursorInvalid):
        usage.page(ENGINEER, PRODUCER, PageRequest(3, "x"))
    for ids in ([], ["a"] * 201):
        with pytest.raises(Exception, match="expected 1 to 200"):
            usage.find(ENGINEER, PRODUCER, ids)


def test_each_use_case_asks_for_the_machine(house: House) -> None:
    usage = usage_of(house)
    record(usage, event(1), event(2, signal="m2/energy"))
    usage.page(ENGINEER, PRODUCER)
    asked = [(action, resource.id) for action, resource in house.authorizer.asked]
    assert asked[:2] == [(Action.USAGE_WRITE, "m1"), (Action.USAGE_WRITE, "m2")]
    assert (Action.USAGE_WRITE, "*") in asked


def test_who_may_not_stores_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = usage_of(house)

    def refuse(_actor: Any, _action: str, resource: Any) -> None:
        if resource.machine == "m2":
            raise Forbidden("not yours")

    monkeypatch.setattr(house.authorizer, "authorize", refuse)
    with pytest.raises(Forbidden):
        record(usage, event(1), event(2, signal="m2/energy"), mode=EACH)
    assert (API, 1) not in house.historian.marks(ACTOR)
