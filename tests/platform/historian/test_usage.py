"""Usage events: each id once and for ever, whole batches or each event, no silent value."""

import threading
from decimal import Decimal
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Unavailable
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.backup.rewind import Rewinder
from lineshaft.platform.historian.intake.commit import Committed, Committer
from lineshaft.platform.historian.model import Commit, RangeQuery
from lineshaft.platform.historian.usage.claims import NumberText, claim_of
from lineshaft.platform.historian.usage.errors import (
    UsageConflict,
    UsageInvalid,
)
from lineshaft.platform.historian.usage.model import (
    AHEAD_US_MAX,
    API,
    RecordPlace,
    UsageMode,
)
from lineshaft.platform.historian.usage.tables import USAGE_EVENT
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House
from tests.platform.historian.usage_house import (
    ALL,
    ENERGY,
    event,
    events,
    outcomes,
    record,
    total,
    usage_of,
)

EACH = UsageMode.EACH
LATEST = Instant(START + 30 * US_PER_DAY)


def stored_ids(house: House) -> int:
    with house.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(USAGE_EVENT)) or 0


def refusals(house: House, signal: SignalId = ENERGY) -> list[RefusalDetail]:
    rows = house.historian.readings(ACTOR, RangeQuery(signal, ALL)).to_pylist()
    texts = [row["text"] for row in rows if row["kind"] == RecordKind.REFUSAL]
    return [RefusalDetail.decode(text) for text in texts]


# ---- the golden cases of events


@pytest.mark.both_engines
def test_case_1_a_duplicate_counts_once_across_restarts_and_years(
    database: Database, tmp_path: Path
) -> None:
    house = House(tmp_path, database)
    first = record(usage_of(house), event(7))
    assert outcomes(first) == ["stored"]
    assert first.known_at is not None
    answers = [record(usage_of(house), event(7)) for _ in range(2)]
    house.clock.advance(400 * US_PER_DAY)
    answers.append(record(usage_of(house), event(7)))
    assert [outcomes(one) for one in answers] == [["duplicate"]] * 3
    assert {one.receipts[0].place for one in answers} == {RecordPlace(1, 1)}
    assert [one.known_at for one in answers] == [None] * 3
    assert total(house) == 5
    assert house.historian.check(ACTOR).faults == ()


def test_case_2_a_conflict_keeps_the_first_and_is_an_alert(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    usage = usage_of(house)
    record(usage, event(7))
    with pytest.raises(UsageConflict, match="event 1: the id 'e-7' is recorded") as caught:
        record(usage, event(8), event(7, "6"))
    assert caught.value.members == {"index": 1, "id": "e-7", "sequence": 1}
    assert caught.value.http_status == 409
    assert "usage events in conflict" in caplog.text
    assert total(house) == 5
    answer = record(usage, event(8), event(7, "6"), mode=EACH)
    assert outcomes(answer) == ["stored", "conflict"]
    assert answer.receipts[1].place == RecordPlace(1, 1)
    assert not answer.is_complete
    assert total(house) == 10


class Failing(Committer):
    """A store that fails once: before anything is written, or after everything was."""

    is_after = False
    left = 0

    def register(self, commit: Commit, guard: Any = None) -> Committed:
        if not self.left:
            return super().register(commit, guard)
        self.left -= 1
        if self.is_after:
            super().register(commit, guard)
            raise Unavailable("the answer of the database was lost")

        def failing(connection: sa.Connection) -> None:
            guard(connection)
            raise Unavailable("the disk is full")

        return super().register(commit, failing)


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_case_3_a_failure_after_the_id_check_counts_once(house: House, is_after: bool) -> None:
    failing = type("FailingOnce", (Failing,), {"is_after": is_after, "left": 1})
    usage = usage_of(house, failing)
    with pytest.raises(Unavailable):
        record(usage, *events(10))
    assert stored_ids(house) == (10 if is_after else 0)
    again = record(usage, *events(10))
    assert set(outcomes(again)) == {"duplicate" if is_after else "stored"}
    assert total(house) == 1
    assert stored_ids(house) == house.historian.totals(ACTOR).records == 10
    assert house.historian.check(ACTOR).faults == ()


def test_case_5_a_partly_bad_batch(house: House) -> None:
    usage = usage_of(house)
    batch = events(100)
    batch[57] |= {"value": "12,5"}
    with pytest.raises(UsageInvalid, match="event 57: cannot read '12,5' as a number") as caught:
        record(usage, *batch)
    assert caught.value.members == {"index": 57}
    assert stored_ids(house) == 0
    assert (API, 1) not in house.historian.marks(ACTOR)
    answer = record(usage, *batch, mode=EACH)
    assert outcomes(answer) == ["stored"] * 57 + ["refused"] + ["stored"] * 42
    assert answer.receipts[57].place == RecordPlace(1, 58)
    assert total(house) == Decimal("9.9")
    assert [one.reason for one in refusals(house)] == [answer.receipts[57].reason]
    again = record(usage, *batch, mode=EACH)
    assert outcomes(again) == ["duplicate"] * 57 + ["refused"] + ["duplicate"] * 42
    assert [one.place for one in again.receipts] == [one.place for one in answer.receipts]
    assert house.historian.totals(ACTOR).records == 100


@pytest.mark.parametrize(
    "value", ["NaN", "1e999", "", "12,5", "Infinity", "0x10", "1_000", " 1", None, True, 1.5, []]
)
def test_case_11_bad_values_are_refused_and_numbered(house: House, value: Any) -> None:
    usage = usage_of(house)
    sent = event(1, NumberText(value) if isinstance(value, str) else value)
    with pytest.raises(UsageInvalid, match="event 0: "):
        record(usage, sent)
    answer = record(usage, event(0), sent, mode=EACH)
    assert outcomes(answer) == ["stored", "refused"]
    assert total(house) == 5
    (refused,) = refusals(house)
    assert b'"id":"e-1"' in refused.raw
    period = Period(Instant(START), Instant(START + HOUR))
    listed = house.historian.refusals(ACTOR, "m1", period).items
    assert [(one.signal, one.ts, one.source) for one in listed] == [(ENERGY, START + SECOND, API)]
    # The id belongs to what was numbered under it: a good one later is another event.
    assert outcomes(record(usage, event(1), mode=EACH)) == ["conflict"]


def test_case_12_the_sum_is_exact(house: House) -> None:
    usage = usage_of(house)
    for first in range(0, 20_000, 5_000):
        record(usage, *events(5_000, first))
    assert total(house) == Decimal("2000.0")
    assert reduce(add, [0.1] * 20_000) != 2000.0  # sum() corrects floats from Python 3.12 on
    assert house.historian.totals(ACTOR).records == stored_ids(house) == 20_000


# ---- content


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (event(1, "1.5"), event(1, NumberText("1.50"))),
        (event(1, "100"), event(1, "1e2")),
        (event(1, "0"), event(1, "-0.00")),
        (event(1), event(1, ts="2027-03-01T01:00:01.000+01:00")),
        (event(1, text="RUN"), event(1, text="RUN")),
    ],
    ids=["zeros", "exponent", "zero", "offset", "text"],
)
def test_the_same_content_in_another_spelling_is_a_duplicate(
    house: House, first: Any, second: Any
) -> None:
    usage = usage_of(house)
    record(usage, first)
    assert outcomes(record(usage, second)) == ["duplicate"]


@pytest.mark.parametrize(
    "other",
    [
        event(1, "5.0000001"),
        event(1, signal="m2/energy"),
        event(1, ts="2027-03-01T00:00:01.000001Z"),
        event(1, text="5"),
    ],
    ids=["value", "signal", "instant", "text"],
)
def test_other_content_is_a_conflict(house: House, other: Any) -> None:
    usage = usage_of(house)
    record(usage, event(1))
    with pytest.raises(UsageConflict):
        record(usage, other)


def test_ids_belong_to_a_producer(house: House) -> None:
    usage = usage_of(house)
    record(usage, event(1))
    assert outcomes(record(usage, event(1, "6"), producer="mes.2")) == ["stored"]
    assert total(house) == 11
    with pytest.raises(Exception, match="producer 'ERP 1': expected lower-case letters"):
        record(usage, event(1), producer="ERP 1")


def test_a_batch_may_repeat_itself(house: House) -> None:
    usage = usage_of(house)
    assert outcomes(record(usage, event(1), event(1))) == ["stored", "duplicate"]
    with pytest.raises(UsageConflict, match="event 1"):
        record(usage, event(2), event(2, "6"))
    assert outcomes(record(usage, event(2), event(2, "6"), mode=EACH)) == ["stored", "conflict"]
    assert total(house) == 10


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("text", "expected an object"),
        (event(1, id=""), "id ''"),
        (event(1, id="a b"), "id 'a b'"),
        (event(1, id="x" * 201), "id 'xxx"),
        (event(1, id=NumberText("5")), "id '5'"),
        (event(1, signal="energy"), "signal 'energy/'"),
        (event(1, signal="m1/gone"), "no machine has a signal m1/gone"),
        (event(1, signal="\ud800/x"), "signal '?/x'"),
        (event(1, ts=format_instant(Instant(LATEST + AHEAD_US_MAX + 1))), "expected an instant"),
    ],
)
def test_what_cannot_be_kept_is_rejected_and_its_id_stays_free(
    house: House, sent: Any, reason: str
) -> None:
    usage = usage_of(house)
    answer = record(usage, sent, event(2), mode=EACH)
    assert outcomes(answer) == ["rejected", "stored"]
    assert reason in answer.receipts[0].reason
    assert outcomes(record(usage, event(1))) == ["stored"]
    with pytest.raises(UsageInvalid, match="event 0"):
        record(usage, sent)
    assert refusals(house) == []


@pytest.mark.parametrize(
    "ts", ["yesterday", "2027-02-30T00:00:00Z", "1969-12-31T23:59:59Z", None, 5]
)
def test_a_refusal_without_an_instant_stands_where_it_came(house: House, ts: Any) -> None:
    answer = record(usage_of(house), event(1, ts=ts), mode=EACH)
    assert outcomes(answer) == ["refused"]
    (listed,) = house.historian.refusals(ACTOR, "m1").items
    assert listed.ts == house.clock.now()


@pytest.mark.parametrize(
    "sent",
    [
        event(1) | {"valeu": 1},
        event(1) | {"text": "RUN"},
        {name: value for name, value in event(1).items() if name != "value"},
        event(1, text=NumberText("5")),
        event(1, text="x" * 20_000),
    ],
    ids=["another member", "two values", "none", "no text", "long text"],
)
def test_what_is_no_event_is_refused_under_its_id(house: House, sent: Any) -> None:
    assert outcomes(record(usage_of(house), sent, mode=EACH)) == ["refused"]
    assert len(refusals(house)) == 1


JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=5)
    | st.builds(NumberText, st.sampled_from(["1", "1e9", "NaN"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "signal", "ts", "value", "text", "x"]), inner, max_size=5
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(JSON_LIKE)
def test_anything_is_read_or_has_a_reason(element: Any) -> None:
    claim = claim_of(element, LATEST)
    assert (claim.columns is None) == bool(claim.reason)
    assert claim.columns is None or None not in {claim.id, claim.signal, claim.ts}


# ---- together


def test_many_at_once_share_commits_and_nothing_doubles(database: Database, tmp_path: Path) -> None:
    house = House(tmp_path, database)
    processes = [usage_of(house), usage_of(house)]
    answers: list[list[str]] = []
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for first in range(0, 200, 20):
                sent = events(20, first)
                answers.append(outcomes(record(processes[number % 2], *sent)))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    said = [one for answer in answers for one in answer]
    assert (said.count("stored"), said.count("duplicate")) == (200, 1_000)
    assert total(house) == 20
    assert stored_ids(house) == house.historian.totals(ACTOR).records == 200
    assert house.historian.check(ACTOR).faults == ()
    with house.database.read() as connection:
        registered = house.manifest.paths(connection)
    paths = house.files.directory.glob("*/*")
    assert {str(path.relative_to(house.files.directory)) for path in paths} <= registered


def test_a_conflict_of_one_batch_is_none_of_the_others(house: House) -> None:
    """Two batches of one commit: the bad one is refused, and the good one stored."""
    usage = usage_of(house)
    record(usage, event(1))
    failures: list[Exception] = []

    def conflicting() -> None:
        try:
            record(usage, event(2), event(1, "6"))
        except UsageConflict as error:
            failures.append(error)

    with usage._commits._turn:
        threads = [
            threading.Thread(target=conflicting),
            threading.Thread(target=record, args=(usage, event(3))),
        ]
        for thread in threads:
            thread.start()
        while len(usage._commits._waiting) < 2:
            threads[0].join(0.001)
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    assert house.historian.marks(ACTOR)[API, 1].number == 2
    assert total(house) == 10


def test_a_failed_commit_is_told_to_all_that_share_it(house: House) -> None:
    usage = usage_of(house, type("FailingOnce", (Failing,), {"left": 1}))
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            record(usage, event(number))
        except Unavailable as error:
            failures.append(error)

    with usage._commits._turn:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        while len(usage._commits._waiting) < 3:
            threads[0].join(0.001)
    for thread in threads:
        thread.join()
    assert len(failures) == 3
    assert outcomes(record(usage, *(event(number) for number in range(3)))) == ["stored"] * 3


def test_a_cut_back_to_an_instant_forgets_the_ids_behind_it(house: House) -> None:
    usage = usage_of(house)
    kept = record(usage, *events(3))
    assert kept.known_at is not None
    house.clock.advance(SECOND)
    record(usage, *events(3, 3))
    Rewinder(house.database, house.manifest, house.files).rewind(kept.known_at, house.clock.now())
    assert stored_ids(house) == 3
    assert outcomes(record(usage_of(house), *events(6))) == ["duplicate"] * 3 + ["stored"] * 3
