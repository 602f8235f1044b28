"""The manifest on both databases: the same answers from SQLite and PostgreSQL."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from lineshaft.core.pages import PageRequest
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.segment.detail import CorrectionDetail, RefusalDetail
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.model import (
    ZONE_PART_SERIES,
    RangeQuery,
    RefusedSegment,
    StoredBeat,
)
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source, opened

pytestmark = pytest.mark.both_engines


@pytest.fixture
def migrated(database: Database, tmp_path: Path) -> House:
    return House(tmp_path, database)


def test_the_whole_way_on_both_databases(migrated: House) -> None:
    source = Source()
    for number in range(60):
        source.add(f"m{number % 2}/a", START + number * 60 * SECOND, number, own_ts=START)
        if number % 20 == 19:
            detail = RefusalDetail.of("unreadable", b"?")
            refused = {"kind": RecordKind.REFUSAL, "status": 0x8000_0000}
            source.add("m1/$refused", START + number * SECOND, text=detail.encode(), **refused)
            source.seal()
    target = source.records[2]
    text = CorrectionDetail(source.name, 1, target.sequence, "anna", "misread").encode()
    source.add(target.signal, target.ts, 7_000, kind=RecordKind.CORRECTION, text=text)
    source.seal()
    migrated.store(source, per_commit=1)
    history = migrated.historian
    query = RangeQuery(SignalId("m0/a"), Period(Instant(START), Instant(START + HOUR)))
    assert history.readings(ACTOR, query).num_rows == 31
    buckets = history.downsample(ACTOR, query.signal, query.period, 1).to_pylist()
    assert (buckets[0]["count"], buckets[0]["max"]) == (30, 7.0)
    assert history.latest(ACTOR, [SignalId("m1/a")])[SignalId("m1/a")].sequence == 62
    first = history.refusals(ACTOR, "m1", page=PageRequest(2))
    assert len(first.items) == 2
    assert len(history.refusals(ACTOR, "m1", page=PageRequest(2, first.next)).items) == 1
    migrated.compact()
    with migrated.database.read() as connection:
        assert {file.level for file in migrated.manifest.files(connection)} == {2}
    assert len(list(history.proofs(ACTOR, query.signal, (source.name, 1), (1, 31)))) == 4
    assert history.check(ACTOR).faults == ()


def test_a_segment_cannot_be_written_twice(migrated: House) -> None:
    source = Source()
    source.fill(1, 3)
    segments = opened(source.segments, source)
    migrated.store(source)
    with pytest.raises(sa.exc.IntegrityError):
        migrated.committer.commit(segments)
    assert migrated.historian.totals(ACTOR).duplicated == 0


def test_the_instant_of_a_commit_is_later_than_the_one_before(migrated: House) -> None:
    source = Source()
    source.fill(2, 3)
    first, second = opened(source.segments, source)
    before = migrated.committer.commit([first]).known_at
    migrated.clock.advance(-HOUR)  # the clock is set back
    assert migrated.committer.commit([second]).known_at == before + 1
    assert migrated.historian.last_known_at(ACTOR) == before + 1


def test_more_series_than_one_part_of_a_zone_map_holds(migrated: House) -> None:
    source = Source()
    for number in range(ZONE_PART_SERIES * 2 + 1):
        source.add(f"m1/s{number}", START, number)
    source.seal()
    migrated.store(source)
    for number in (0, ZONE_PART_SERIES - 1, ZONE_PART_SERIES, ZONE_PART_SERIES * 2):
        query = RangeQuery(SignalId(f"m1/s{number}"), Period(Instant(START), Instant(START + 1)))
        assert migrated.historian.readings(ACTOR, query)["mantissa"].to_pylist() == [number]


def test_a_beat_replaces_the_one_before(migrated: House) -> None:
    for mark in (1, 2):
        beat = StoredBeat(SourceId("edge-1"), 1, mark, Instant(mark), Instant(mark + 1))
        with migrated.database.unit_of_work() as unit:
            migrated.manifest.write_beats(unit.connection, [beat])
    assert migrated.historian.last_beat(ACTOR, SourceId("edge-1")) == beat
    assert migrated.historian.last_beat(ACTOR, SourceId("edge-2")) is None


def test_the_oldest_refused_segments_give_way(migrated: House) -> None:
    for number in range(4):
        data = bytes([number]) * 40
        refused = RefusedSegment(0, "refused", "edge-1", 1, 2**64 - 1, "why", data, Instant(5), 1)
        with migrated.database.unit_of_work() as unit:
            migrated.manifest.keep_refused(unit.connection, refused, data[:32], 100)
    kept = migrated.historian.refused_segments(ACTOR).items
    assert [one.data[0] for one in kept] == [2, 3]
