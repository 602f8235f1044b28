"""Metering over the real historian: what it reads, what it proves, who may ask, what it keeps."""

import random
from collections.abc import Collection, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, InvariantError, NotFound, Unavailable
from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, SourceId, StatusCode
from lineshaft.core.segment.header import Header
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.services.metering import service
from lineshaft.services.metering.evidence import input_of_blocks
from lineshaft.services.metering.measure import StateSpan, measure
from lineshaft.services.metering.model import UsageRecord
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.series import MeterInput, SeriesRows, join
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from lineshaft.services.metering.tables import USAGE_RECORD
from tests.platform.historian.house import House, Source
from tests.services.metering.rows import KNOWN_AT, at, counter, meter, span

SIGNAL = SignalId("mill/x")
COUNTER = counter(rate_max=2)


def metering(house: House) -> Metering:
    authorizer = Authorizer(house.database, SqlGrantStore(), house.clock)
    return Metering(house.historian, authorizer, house.database, SqlUsageStore())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.database.close()


def counting(name: str, seed: int, count: int = 60) -> Source:
    """A counter that rises by about one a second, with glitches, restarts, silence and refusals."""
    rng, source = random.Random(seed), Source(name)
    level, second = 0, rng.randint(0, 5)
    for number in range(count):
        second += rng.randint(1, 3)
        level = 0 if rng.random() < 0.05 else level + rng.randint(0, 2)
        source.add("mill/other", at(second), number)
        match rng.randint(0, 9):
            case 0:
                source.add(SIGNAL, at(second), status=StatusCode.BAD_NO_COMMUNICATION)
            case 1:
                source.add(SIGNAL, at(second), 9_999, 0)
            case 2:
                source.add(
                    SIGNAL, at(second), kind=RecordKind.REFUSAL, status=StatusCode.BAD, text="{}"
                )
            case _:
                source.add(SIGNAL, at(second), level, 0)
        if rng.random() < 0.3 or number == count - 1:
            source.seal()
    return source


def offline(house: House, record: UsageRecord, *, widened: int = 0) -> UsageRecord:
    """Measure again from the blocks that a record names, and some more."""
    blocks = []
    for each in record.ranges:
        ordinals = max(1, each.first_ordinal - widened), each.last_ordinal + widened
        source = each.source, each.epoch
        for proof in house.historian.proofs(SYSTEM_WORKER, SIGNAL, source, ordinals):
            blocks.append((Header.decode(proof.header_bytes), proof.salt, proof.block))
    return measure(record.meter, input_of_blocks(blocks), record.period, record.known_at)


@pytest.mark.parametrize(("seed", "sources"), [(1, 1), (2, 2), (3, 1)])
@pytest.mark.engine
@pytest.mark.timeout(30)
def test_usage_is_that_of_all_rows_adds_up_and_is_the_same_from_the_blocks(
    house: House, seed: int, sources: int
) -> None:
    written = [counting(f"edge-{number}", 10 * seed + number) for number in range(sources)]
    for source in written:
        house.store(source, per_commit=8)
    used, rng = metering(house), random.Random(seed)
    rows = MeterInput(join([everything(house, source) for source in written]))
    for _ in range(2):
        start, middle, end = sorted(rng.sample(range(-5, 140), 3))
        records = [
            used.usage(SYSTEM_WORKER, COUNTER, period, KNOWN_AT)
            for period in (span(start, end), span(start, middle), span(middle, end))
        ]
        assert records[1].quantity + records[2].quantity == records[0].quantity
        for record in records:
            expected = measure(COUNTER, rows, record.period, KNOWN_AT)
            assert without_evidence(record) == without_evidence(expected)
            if record.ranges:
                assert offline(house, record).to_content() == record.to_content()
                more = offline(house, record, widened=20)
                assert without_evidence(more) == without_evidence(record)
            assert_bounded(record, written)


def without_evidence(record: UsageRecord) -> UsageRecord:
    return replace(record, ranges=(), evidence_root="0" * 64)


def everything(house: House, source: Source) -> SeriesRows:
    proofs = house.historian.proofs(SYSTEM_WORKER, SIGNAL, (source.name, 1), (1, 10_000))
    blocks = [(Header.decode(each.header_bytes), each.salt, each.block) for each in proofs]
    return input_of_blocks(blocks).rows


def assert_bounded(record: UsageRecord, written: list[Source]) -> None:
    """Each range goes from a record before the period, or the first, to one behind, or the last."""
    period, named = record.period, {each.source: each for each in record.ranges}
    for source in written:
        records = [each for each in source.records if each.signal == SIGNAL]
        if not any(period.contains(each.ts) for each in records):
            continue
        found = named[source.name]
        inside = {each.ordinal: each for each in records}
        assert found.first_ordinal == 1 or inside[found.first_ordinal].ts < period.start
        assert found.last_ordinal == len(records) or inside[found.last_ordinal].ts >= period.end


def test_what_was_not_known_then_is_not_measured(house: House) -> None:
    source = Source()
    source.add(SIGNAL, at(0), 0, 0)
    source.add(SIGNAL, at(10), 5, 0)
    source.seal()
    house.store(source)
    then = house.historian.last_known_at(SYSTEM_WORKER)
    before = metering(house).usage(SYSTEM_WORKER, COUNTER, span(0, 20), then)
    source.add(SIGNAL, at(15), 9, 0)
    source.seal()
    house.store(source)
    used = metering(house)
    assert used.usage(SYSTEM_WORKER, COUNTER, span(0, 20), then).digest == before.digest
    now = used.usage(SYSTEM_WORKER, COUNTER, span(0, 20), KNOWN_AT)
    assert (before.quantity.amount, now.quantity.amount) == (5, 9)
    assert now.ranges[0].last_header == 2


def test_a_machine_that_never_said_anything(house: House) -> None:
    record = metering(house).usage(SYSTEM_WORKER, COUNTER, span(0, 20), KNOWN_AT)
    assert (record.quantity.amount, record.ranges, record.evidence_root) == (0, (), "0" * 64)


def test_the_time_line_of_a_state(house: House) -> None:
    source = Source()
    source.add(SIGNAL, at(-50), text="RUN")
    source.add(SIGNAL, at(10), text="STOP")
    source.seal()
    house.store(source)
    used = meter("state_duration", "SEC")
    spans = metering(house).timeline(SYSTEM_WORKER, used, span(0, 20), KNOWN_AT)
    assert spans == [StateSpan(span(0, 10), "RUN"), StateSpan(span(10, 20), "STOP")]


STRANGER = Actor("usr_1", Role.CUSTOMER, "org_1", "Eve")


def test_a_customer_without_a_grant_sees_nothing(house: House) -> None:
    used = metering(house)
    states = meter("state_duration", "SEC")
    with pytest.raises(Forbidden):
        used.usage(STRANGER, COUNTER, span(0, 20), KNOWN_AT)
    with pytest.raises(Forbidden):
        used.timeline(STRANGER, states, span(0, 20), KNOWN_AT)
    record = used.usage(SYSTEM_WORKER, COUNTER, span(0, 20), KNOWN_AT)
    with house.database.unit_of_work() as unit:
        digest = used.keep(unit.connection, record)
    with pytest.raises(Forbidden):
        used.kept(STRANGER, digest)
    assert used.kept(SYSTEM_WORKER, digest) == record


@pytest.mark.both_engines
def test_records_are_kept_once_under_their_hash(database: Database) -> None:
    store = SqlUsageStore()
    record = measure(COUNTER, MeterInput(SeriesRows.of([])), span(0, 20), KNOWN_AT)
    for _ in range(2):
        with database.unit_of_work() as unit:
            store.insert(unit.connection, record)
    with database.read() as connection:
        assert store.find(connection, record.digest) == record
        assert store.find(connection, "0" * 64) is None
        rows = connection.execute(sa.select(USAGE_RECORD)).mappings().all()
    assert len(rows) == 1
    assert rows[0]["content"] == canonical.encode(record.to_content())


@pytest.mark.both_engines
def test_a_changed_row_is_found(database: Database) -> None:
    store = SqlUsageStore()
    record = measure(COUNTER, MeterInput(SeriesRows.of([])), span(0, 20), KNOWN_AT)
    with database.unit_of_work() as unit:
        store.insert(unit.connection, record)
        unit.connection.execute(sa.update(USAGE_RECORD).values(content=b"{}"))
    with database.read() as connection, pytest.raises(InvariantError, match="not what was kept"):
        store.find(connection, record.digest)


def test_a_record_that_is_not_there(house: House) -> None:
    with pytest.raises(NotFound, match="no usage record"):
        metering(house).kept(SYSTEM_WORKER, "ff")


def test_a_long_way_back_to_where_the_counter_was_sound(house: House) -> None:
    """Hours of silence and noise before the period: the search doubles until it finds a pair."""
    source = Source()
    source.add(SIGNAL, at(-9_000_000), 0, 0)
    source.add(SIGNAL, at(-8_999_999), 1, 0)
    for number in range(300):
        noise = number % 2 * 10**12
        source.add(SIGNAL, at(-300 + number), noise, 0)
    source.add(SIGNAL, at(5), 500, 0)
    source.add(SIGNAL, at(6), 501, 0)
    source.seal()
    house.store(source)
    record = metering(house).usage(SYSTEM_WORKER, COUNTER, span(0, 10), KNOWN_AT)
    assert record.ranges[0].first_ordinal == 1
    assert record == offline(house, record)


def test_the_search_beyond_the_period_has_a_maximum(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()
    for number, seconds in enumerate((-20, -10, 5)):
        source.add(SIGNAL, at(seconds), number, 0)
    source.seal()
    house.store(source)
    monkeypatch.setattr(service, "WIDENINGS_MAX", 3)
    record = metering(house).usage(SYSTEM_WORKER, COUNTER, span(0, 10), KNOWN_AT)
    assert record.quantity.amount == Fraction(1, 3)
    monkeypatch.setattr(service, "WIDENINGS_MAX", 2)
    with pytest.raises(Unavailable, match="too far"):
        metering(house).usage(SYSTEM_WORKER, COUNTER, span(0, 10), KNOWN_AT)


class Alive:
    """Implements `Liveness` with one answer."""

    def __init__(self, until: Instant | None) -> None:
        self.until = until
        self.asked: list[tuple[SignalId, frozenset[SourceId], Instant, Instant]] = []

    def known_until(
        self, signal: SignalId, sources: Collection[SourceId], known_at: Instant, end: Instant
    ) -> Instant | None:
        self.asked.append((signal, frozenset(sources), known_at, end))
        return self.until


def alive_until(house: House, until: Instant | None) -> tuple[Metering, Alive]:
    alive = Alive(until)
    authorizer = Authorizer(house.database, SqlGrantStore(), house.clock)
    return Metering(
        house.historian, authorizer, house.database, SqlUsageStore(), Beside(liveness=alive)
    ), alive


@pytest.mark.parametrize(
    ("until", "covered_s", "recorded"),
    [
        (None, 20, None),  # a replay: nobody has to be alive
        (at(12), 12, at(12)),  # the last sign of life within the period
        (at(500), 20, at(20)),  # beyond the period nothing is asked
        (at(-30), 10, at(-30)),  # it died, and its late records say until when it lived
    ],
)
def test_a_state_holds_no_longer_than_its_source_lives(
    house: House, until: Instant | None, covered_s: int, recorded: Instant | None
) -> None:
    source = Source()
    source.add(SIGNAL, at(-50), text="RUN")
    source.add(SIGNAL, at(10), text="STOP")
    source.seal()
    house.store(source)
    used, alive = alive_until(house, until)
    states = meter("state_duration", "SEC")
    record = used.usage(SYSTEM_WORKER, states, span(0, 20), KNOWN_AT)
    assert alive.asked == [(SIGNAL, frozenset({source.name}), KNOWN_AT, at(20))]
    assert (record.covered_us, record.known_until) == (covered_s * 1_000_000, recorded)
    assert record.states["RUN"] == 10_000_000
    # What the record says is enough to measure again, whatever beats have come since.
    assert UsageRecord.from_content(record.to_content()) == record
    rows = input_of_blocks(blocks_of(house, record), record.known_until)
    assert measure(states, rows, record.period, KNOWN_AT) == record
    spans = used.timeline(SYSTEM_WORKER, states, span(0, 20), KNOWN_AT)
    assert sum(s.period.duration_us for s in spans if s.state) == record.covered_us


def blocks_of(house: House, record: UsageRecord) -> list[tuple[Header, bytes, bytes]]:
    (each,) = record.ranges
    ordinals = each.first_ordinal, each.last_ordinal
    proofs = house.historian.proofs(SYSTEM_WORKER, SIGNAL, (each.source, each.epoch), ordinals)
    return [(Header.decode(proof.header_bytes), proof.salt, proof.block) for proof in proofs]
