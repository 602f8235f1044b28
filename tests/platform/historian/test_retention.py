"""Holds, rules and deletion: whole blocks go, what stays is proven, what is held stays."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.core.reading import RecordKind, SignalId
from lineshaft.core.segment.detail import CorrectionDetail, RefusalDetail
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import ProofBroken
from lineshaft.platform.historian.queries.fleet import FleetReader
from lineshaft.platform.historian.queries.rowgroups import RowGroups
from lineshaft.platform.historian.retention.errors import BlocksHeld, HoldNotFound
from lineshaft.platform.historian.retention.held import REFRESH_S, HeldSignals
from lineshaft.platform.historian.retention.model import (
    HOLD_MARGIN_US,
    Deletion,
    EvidenceHold,
    RetentionRule,
    matches,
    rule_of,
)
from lineshaft.platform.historian.retention.store import SqlRetentionStore
from lineshaft.platform.historian.rollups.entries import folded
from lineshaft.security.audit.model import AuditQuery
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source
from tests.platform.historian.keeper import (
    ADMIN,
    audit_of,
    blocks_of,
    hold,
    prove,
    retention_of,
    stored,
)

DAY = US_PER_DAY
RUNS = itertools.count(1)
FAR = START + 1_000 * DAY


@pytest.fixture
def migrated(database: Database, tmp_path: Path) -> House:
    return House(tmp_path, database)


def filled(house: House, *, hours: int = 72, signals: int = 4) -> Source:
    """Store three days: a segment an hour, with a few records of each signal."""
    source = Source()
    for hour in range(hours):
        for step in range(3):
            for number in range(signals):
                at = START + hour * HOUR + step * 1_200 * SECOND + number
                source.add(f"m{number % 2}/s{number}", at, hour * 10 + step)
        source.seal()
    house.store(source, per_commit=5)
    return source


def everything(source: Source) -> set[str]:
    return {record.signal for record in source.records}


def before(cut: int, *patterns: str) -> Deletion:
    return Deletion.before(patterns or ["*"], Instant(cut), "not needed any more")


def audited(house: House) -> list[dict]:
    entries = audit_of(house).entries(ADMIN, AuditQuery(action="reading:delete"))
    return [entry.detail for entry in entries]


def test_what_is_deleted_is_gone_and_what_stays_is_proven(house: House) -> None:
    source, retention = filled(house), retention_of(house)
    deletion = before(START + DAY, "m0/*")
    planned = retention.plan(ADMIN, deletion)
    done = retention.delete(ADMIN, deletion)
    assert (done.blocks, done.rows, done.segments) == (48, 144, 24)
    assert (planned.blocks, planned.rows, planned.segments) == (48, 144, 24)
    assert (done.segments_gone, done.held) == (0, ())
    assert 0 < done.files <= planned.files
    left = stored(house, everything(source))
    for signal in everything(source):
        expected = [r.sequence for r in source.records if r.signal == signal]
        if signal.startswith("m0/"):
            expected = [
                r.sequence for r in source.records if r.signal == signal and r.ts >= START + DAY
            ]
        assert [row[2] for row in left[signal]] == expected
        assert prove(house, source, signal) == expected
    assert house.historian.check(ACTOR).faults == ()
    totals = house.historian.totals(ACTOR)
    assert (totals.deleted, totals.lost, totals.duplicated) == (144, 0, 0)
    assert audited(house)[0]["records"] == 144


def test_nothing_but_headers_is_left_of_a_segment_without_rows(house: House) -> None:
    source, retention = filled(house, hours=30), retention_of(house)
    for signal in sorted(everything(source)):
        done = retention.delete(ADMIN, before(START + DAY, signal))
    assert done.segments_gone == 24
    with house.database.read() as connection:
        remains = house.manifest.remains(connection, 1, 1, 30)
        assert (dict(remains.tombstones), list(remains.gone)) == ({}, [(1, 24)])
        assert len(house.manifest.files(connection, (0, (START + DAY - 1) // HOUR))) == 0
    assert house.historian.check(ACTOR).faults == ()
    assert len(house.historian.headers(ACTOR, source.name, 1, 1, 30)) == 30


def test_a_block_that_reaches_beyond_the_cut_stays(house: House) -> None:
    source = Source()
    for minute in (58, 59, 61):
        source.add("m1/a", START + DAY - HOUR + minute * 60 * SECOND, minute)
    source.seal()
    source.fill(1, 3, start=START + DAY - HOUR)
    house.store(source)
    done = retention_of(house).delete(ADMIN, before(START + DAY))
    assert (done.rows, done.blocks) == (3, 3)
    assert len(stored(house, ["m1/a"])["m1/a"]) == 3


@pytest.mark.parametrize("end", [START + 30 * HOUR, None])
def test_a_held_block_refuses_its_deletion(house: House, end: int | None) -> None:
    source, retention = filled(house), retention_of(house)
    retention.hold(ADMIN, hold("m0/*", START + 10 * HOUR, end, keep_until=FAR))
    before_it = stored(house, everything(source))
    with pytest.raises(BlocksHeld, match=r"m0/s0: hold h1 on m0/\*, 2027-03-01T10:00") as caught:
        retention.delete(ADMIN, before(START + DAY))
    assert "until 2029" in str(caught.value)
    assert stored(house, everything(source)) == before_it
    planned = retention.plan(ADMIN, before(START + DAY))
    assert {held.signal for held in planned.held} == {"m0/s0", "m0/s2"}
    assert retention.delete(ADMIN, before(START + DAY, "m1/*")).held == ()
    house.clock.advance(FAR - house.clock.now())
    assert retention.delete(ADMIN, before(START + DAY)).rows == 144


def test_a_hold_keeps_the_readings_around_its_period(house: House) -> None:
    source = Source()
    for day in (0, 10, 20, 21, 40, 60):
        source.add("m1/a", START + day * DAY, day)
        source.seal()
    house.store(source)
    retention = retention_of(house)
    retention.hold(ADMIN, hold("m1/a", START + 20 * DAY, START + 22 * DAY))
    house.clock.advance(FAR - house.clock.now())
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    report = retention.apply_rules(ADMIN)
    assert report.rows == 2
    assert [row[0] for row in stored(house, ["m1/a"])["m1/a"]] == [
        START + day * DAY for day in (10, 20, 21, 40)
    ]
    assert prove(house, source, "m1/a") == [2, 3, 4, 5]


def test_late_data_between_held_readings_stay_with_them(house: House) -> None:
    source = Source()
    for day in (0, 50, 51):
        source.add("m1/a", START + day * DAY, day)
        source.seal()
    source.add("m1/a", START + 5 * DAY, 5)  # late, and numbered between
    source.seal()
    source.add("m1/a", START + 52 * DAY, 52)
    source.seal()
    house.store(source)
    retention = retention_of(house)
    retention.hold(ADMIN, hold("m1/a", START + 50 * DAY, START + 53 * DAY))
    with pytest.raises(BlocksHeld):
        retention.delete(ADMIN, before(START + 6 * DAY))
    house.clock.advance(FAR - house.clock.now())
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    # The late one was the nearest reading before the hold, so only the first may go.
    assert retention.apply_rules(ADMIN).rows == 1
    assert prove(house, source, "m1/a") == [2, 3, 4, 5]


def test_evidence_is_held_by_its_ordinals(house: House) -> None:
    source, retention = filled(house), retention_of(house)
    named = EvidenceHold("usage/1", SignalId("m0/s0"), source.name, 1, 4, 7, Instant(FAR))
    with house.database.unit_of_work() as unit:
        retention.hold_evidence(unit.connection, [named])
    with pytest.raises(BlocksHeld, match="usage/1 on readings 4 to 7 of m0/s0"):
        retention.delete(ADMIN, before(START + DAY))
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    assert retention.apply_rules(ADMIN).held[0].rows == 6
    assert (
        prove(house, source, "m0/s0")
        == [record.sequence for record in source.records if record.signal == "m0/s0"][3:9]
    )
    assert house.historian.check(ACTOR).faults == ()


def test_a_broken_root_refuses_and_deletes_nothing(house: House) -> None:
    source, retention = filled(house, hours=5), retention_of(house)
    salt, key = house.keys.known[source.name, 1]
    house.keys.known[source.name, 1] = salt[::-1], key
    before_it = stored(house, everything(source))
    with pytest.raises(ProofBroken, match="segment 1 of edge-1/1"):
        retention.delete(ADMIN, before(START + DAY))
    assert stored(house, everything(source)) == before_it
    assert audited(house) == []
    house.keys.known[source.name, 1] = salt, key
    assert house.historian.check(ACTOR).faults == ()


def test_files_that_were_merged_meanwhile_are_looked_for_again(house: House) -> None:
    filled(house, hours=24)
    asked = iter([True, False])

    class Meddling(type(house.files)):
        """Merges everything once, between reading and replacing."""

        def write_stream(self, parts, shape):
            if next(asked, False):
                house.compact()
            return super().write_stream(parts, shape)

    files = Meddling(house.directory / "store", house.files._ids)
    done = retention_of(house, files=files).delete(ADMIN, before(START + DAY, "m0/*"))
    assert done.rows == 144
    assert house.historian.check(ACTOR).faults == ()
    with house.database.read() as connection:
        registered = house.manifest.paths(connection)
    assert house.files.orphans(registered) == []


def test_a_correction_goes_after_its_target_and_never_before(house: House) -> None:
    source = Source()
    target = source.add("m1/a", START + DAY - SECOND, 1_000)
    source.add("m1/a", START + DAY + SECOND, 2_000)
    source.seal()
    detail = CorrectionDetail(source.name, 1, target.sequence, "ada", "misread")
    source.add("m1/a", target.ts, 7, kind=RecordKind.CORRECTION, text=detail.encode())
    source.seal()
    house.store(source)
    retention = retention_of(house)
    assert retention.delete(ADMIN, before(START + DAY)).rows == 0
    assert retention.delete(ADMIN, before(START + 2 * DAY)).rows == 3
    assert stored(house, ["m1/a"])["m1/a"] == []
    assert house.historian.check(ACTOR).faults == ()


def test_refusals_and_the_last_value_go_with_their_rows(house: House) -> None:
    source = Source()
    source.add("m1/a", START, 1_000)
    source.seal()
    refused = {"kind": RecordKind.REFUSAL, "status": 0x8000_0000}
    source.add("m1/a", START + DAY, text=RefusalDetail.of("?", b"x").encode(), **refused)
    source.add("m1/a", START + DAY + 1, 2_000)
    source.seal()
    house.store(source)
    signal = SignalId("m1/a")
    retention = retention_of(house)
    period = Period(Instant(START + DAY), Instant(START + 2 * DAY))
    assert retention.delete(ADMIN, Deletion(["m1/a"], period, "asked for")).rows == 2
    assert house.historian.latest(ACTOR, [signal])[signal].ts == START
    assert house.historian.refusals(ACTOR).items == []
    retention.delete(ADMIN, before(START + DAY))
    assert house.historian.latest(ACTOR, [signal]) == {}
    assert house.historian.check(ACTOR).faults == ()


def summed(house: House, signal: str) -> tuple[int, int]:
    """Return count and sum of a signal over the first two days, through its roll-ups."""
    period = Period(Instant(START), Instant(START + 2 * DAY))
    with house.database.read() as connection:
        series = house.manifest.series_ids(connection, [signal])[signal]
        reader = FleetReader(connection, house.manifest, RowGroups(house.files))
        rollup = folded(reader.entries([series], period))[series]
    return rollup.count, int(rollup.total * 1_000)


@pytest.mark.parametrize("keep_rollups", [True, False])
def test_roll_ups_outlive_their_readings_by_rule(house: House, *, keep_rollups: bool) -> None:
    source, retention = filled(house, signals=2), retention_of(house)
    house.compact()
    before_it = summed(house, "m0/s0")
    assert before_it[0] == 48 * 3
    retention.set_rule(ADMIN, RetentionRule("m0/*", 10, keep_rollups=keep_rollups))
    assert retention.apply_rules(ADMIN).rows == 72 * 3
    assert stored(house, ["m0/s0"]) == {"m0/s0": []}
    if not keep_rollups:
        with pytest.raises(KeyError):
            summed(house, "m0/s0")
        return
    assert summed(house, "m0/s0") == before_it
    source.add("m0/s0", START + 7 * SECOND, 1_000)  # late, for a day that is deleted
    source.seal()
    house.store(source)
    assert summed(house, "m0/s0") == before_it
    house.compact()
    assert summed(house, "m0/s0") == before_it
    assert house.historian.check(ACTOR).faults == ()


def test_rules_that_were_stopped_delete_nothing_more(house: House) -> None:
    source, retention = filled(house, hours=24), retention_of(house)
    before_it = stored(house, everything(source))
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    retention.stop()
    assert retention.apply_rules(ADMIN).rows == 0
    assert stored(house, everything(source)) == before_it


def test_a_rule_passes_over_a_day_that_cannot_be_proven(house: House) -> None:
    source, retention = filled(house, hours=30, signals=2), retention_of(house)
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    salt, key = house.keys.known[source.name, 1]
    house.keys.known[source.name, 1] = salt[::-1], key
    assert retention.apply_rules(ADMIN).rows == 0
    house.keys.known[source.name, 1] = salt, key
    assert retention.apply_rules(ADMIN).rows == 30 * 6
    assert house.historian.check(ACTOR).faults == ()


def test_the_most_specific_rule_counts() -> None:
    rules = [RetentionRule("*", 30), RetentionRule("m1/*", 5), RetentionRule("m1/a*", 90)]
    assert rule_of(rules, "m1/abc") == rules[2]
    assert rule_of(rules, "m1/b") == rules[1]
    assert rule_of(rules, "m2/b") == rules[0]
    assert rule_of(rules[1:], "m2/b") is None
    assert rule_of([RetentionRule("*/a", 3), RetentionRule("x/*", 4)], "x/a") == RetentionRule(
        "x/*", 4
    )


@pytest.mark.parametrize(
    ("pattern", "signal", "is_match"),
    [
        ("m1/a", "m1/a", True),
        ("m1/a", "m1/ab", False),
        ("*", "m1/ö.x", True),
        ("m1/*.x", "m1/ö.x", True),
        ("m1/*.x", "m1/öxx", False),
        ("m*/a*c", "m9/abbc", True),
        ("a.b", "axb", False),
    ],
)
def test_a_star_stands_for_any_characters(pattern: str, signal: str, *, is_match: bool) -> None:
    assert matches(pattern, signal) is is_match


def test_rules_are_set_listed_and_removed(house: House) -> None:
    retention = retention_of(house)
    rule = RetentionRule("m1/*", 5)
    for _ in range(2):
        retention.set_rule(ADMIN, rule)
    assert retention.rules(ADMIN) == [rule]
    assert len(audited(house)) == 1
    retention.set_rule(ADMIN, RetentionRule("m1/*", 6))
    assert [one.days for one in retention.rules(ADMIN)] == [6]
    retention.remove_rule(ADMIN, "m1/*")
    assert retention.rules(ADMIN) == []
    with pytest.raises(HoldNotFound):
        retention.remove_rule(ADMIN, "m1/*")


def test_holds_are_set_listed_and_released(house: House) -> None:
    retention = retention_of(house)
    kept = retention.hold(ADMIN, hold("m1/*", START, None))
    assert retention.holds(ADMIN) == [kept]
    assert (kept.author, kept.set_at) == (ADMIN.id, house.clock.now())
    retention.release_hold(ADMIN, "h1", "case closed")
    assert retention.holds(ADMIN) == []
    with pytest.raises(HoldNotFound):
        retention.release_hold(ADMIN, "h1", "again")
    with pytest.raises(Invalid):
        retention.release_hold(ADMIN, "h1", "")
    entries = audit_of(house).entries(ADMIN, AuditQuery(action="hold:write"))
    assert [entry.detail["reason"] for entry in entries] == ["case closed", "billed"]


def test_intake_learns_of_a_hold_within_seconds(house: House) -> None:
    retention, held = (
        retention_of(house),
        HeldSignals(house.database, SqlRetentionStore(), house.clock),
    )
    assert not held.is_held("m1/a")
    retention.hold(ADMIN, hold("m1/*", START, None, keep_until=FAR))
    assert not held.is_held("m1/a")
    house.clock.advance(REFRESH_S * SECOND)
    assert held.is_held("m1/a")
    assert not held.is_held("m2/a")
    house.clock.advance(FAR - house.clock.now())
    assert not held.is_held("m1/a")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RetentionRule("", 5),
        lambda: RetentionRule("m1/*", 0),
        lambda: RetentionRule("m 1/*", 5),
        lambda: Deletion([], Period(Instant(0), Instant(1)), "why"),
        lambda: Deletion(["*"], Period(Instant(0), Instant(1)), " "),
        lambda: hold("m1/a", START, START),
        lambda: hold("m1/a", START, None, id_=""),
    ],
    ids=["no pattern", "no days", "blank", "no signals", "no reason", "empty period", "no id"],
)
def test_what_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(Invalid):
        wrong()


@pytest.mark.both_engines
@pytest.mark.engine
@pytest.mark.timeout(120)
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_random_deletions_agree_with_a_plain_model(migrated: House, data: st.DataObject) -> None:
    house, retention = migrated, retention_of(migrated)
    run = next(RUNS)
    source = Source(f"edge-{run}")
    names = [f"r{run}/{name}" for name in "abcd"]
    ts = START
    for _ in range(data.draw(st.integers(4, 12))):
        for _ in range(data.draw(st.integers(1, 12))):
            ts += data.draw(st.sampled_from([0, SECOND, 6 * HOUR]))
            late = data.draw(st.sampled_from([0, 0, 0, 3 * DAY]))
            source.add(data.draw(st.sampled_from(names)), ts - late, 5)
        source.seal()
    house.store(source, per_commit=data.draw(st.integers(1, 4)))
    alive = dict(blocks_of(source).items())
    for _ in range(data.draw(st.integers(1, 4))):
        pattern = data.draw(st.sampled_from([f"r{run}/*", *names]))
        start = START + data.draw(st.integers(-3, 3)) * DAY // 2
        period = Period(Instant(start), Instant(start + data.draw(st.integers(1, 8)) * DAY // 2))
        if data.draw(st.booleans()):
            held_from = START + data.draw(st.integers(-4, 8)) * DAY // 2
            kept = hold(
                data.draw(st.sampled_from(names)), held_from, held_from + DAY, id_=f"h{run}"
            )
            retention.hold(ADMIN, kept)
        deletion = Deletion([pattern], period, "at random")
        meant = {
            key
            for key, records in alive.items()
            if matches(pattern, key[1]) and all(period.start <= r.ts < period.end for r in records)
        }
        held = {held.signal for held in retention.plan(ADMIN, deletion).held}
        must_hold = {
            key[1]
            for key in meant
            for one in retention.holds(ADMIN)
            if matches(one.pattern, key[1])
            and any(
                one.start - HOLD_MARGIN_US <= r.ts < one.period.end + HOLD_MARGIN_US
                for r in alive[key]
            )
        }
        assert must_hold <= held
        if held:
            with pytest.raises(BlocksHeld):
                retention.delete(ADMIN, deletion)
        else:
            done = retention.delete(ADMIN, deletion)
            assert done.rows == sum(len(alive[key]) for key in meant)
            alive = {key: records for key, records in alive.items() if key not in meant}
        if data.draw(st.booleans()):
            house.compact()
        left = stored(house, names)
        for name in names:
            expected = sorted(r.sequence for key, rs in alive.items() if key[1] == name for r in rs)
            assert sorted(row[2] for row in left[name]) == expected
            assert sorted(prove(house, source, name)) == expected
    assert house.historian.check(ACTOR).faults == ()
    totals = house.historian.totals(ACTOR, source.name)
    assert totals.lost == totals.duplicated == 0
