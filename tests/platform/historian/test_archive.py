"""Old segments in runs: the same answers, the exact bytes, and next to no room."""

import random
from pathlib import Path

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import SegmentRunDamaged
from lineshaft.platform.historian.files import packer
from lineshaft.platform.historian.files.archive import RUN_SEGMENTS_MAX, pack, unpack
from lineshaft.platform.historian.files.packer import SegmentPacker
from lineshaft.platform.historian.model import StoredHeader
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.historian.tables import SEGMENT, SEGMENT_RUN
from tests.platform.historian.house import ACTOR, START, House, Source, random_source

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NAME = SourceId("edge-1")
BYTES_PER_READING_MAX = 0.11


def chain(count: int, seed: int, *, is_wild: bool = True, records: int = 1_000) -> list:
    """Sign a chain of headers with random contents; wild ones reach the ends of every range."""
    rng = random.Random(seed)
    found: list[StoredHeader] = []
    previous, sequence, known_at = NO_PREVIOUS, 0, START
    for number in range(1, count + 1):
        size = rng.randint(1, 1_000) if is_wild else records
        low = rng.choice([-(2**63), 0, START, rng.randint(-(2**63), 2**63 - 1)])
        low = low if is_wild else START + number * 5_000_000 + rng.randint(-900, 900)
        high = rng.randint(low, 2**63 - 1) if is_wild else low + 5_000_000 + rng.randint(-9, 900)
        known_at += rng.choice([0, 0, 1, 50_000, 50_000 + rng.randint(0, 9_000)])
        header = Header(
            source=NAME,
            epoch=3,
            number=number,
            first_sequence=sequence + 1,
            last_sequence=sequence + size,
            min_ts=Instant(low),
            max_ts=Instant(high),
            block_count=rng.randint(1, size) if is_wild else 200,
            previous_hash=previous,
            root=rng.randbytes(32),
        )
        data = header.encode()
        found.append(StoredHeader(header, data, sign(data, KEY), Instant(known_at)))
        previous, sequence = header.hash(), sequence + size
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 10**6), st.data())
def test_what_was_packed_comes_back(count: int, seed: int, data: st.DataObject) -> None:
    whole = chain(count, seed)
    start = data.draw(st.integers(0, count - 1))
    part = whole[start : start + RUN_SEGMENTS_MAX]
    assert unpack(pack(7, part), NAME, 3) == part


def test_a_run_has_a_maximum() -> None:
    whole = chain(RUN_SEGMENTS_MAX + 1, 1)
    assert pack(7, whole[1:]).count == RUN_SEGMENTS_MAX
    with pytest.raises(InvariantError, match="expected 1 to"):
        pack(7, whole)


@pytest.mark.parametrize("change", ["gap", "order", "other"])
def test_what_is_no_chain_is_not_packed(change: str) -> None:
    whole = chain(8, 2)
    other = chain(8, 3)[4]
    found = {
        "gap": [*whole[:3], *whole[4:]],
        "order": [*whole[:3], whole[4], whole[3], *whole[5:]],
        "other": [*whole[:4], other, *whole[5:]],
    }[change]
    with pytest.raises(InvariantError, match="cannot be packed"):
        pack(7, found)


def test_every_changed_bit_of_a_run_is_found() -> None:
    run = pack(7, chain(5, 4))
    for bit in range(8 * len(run.data)):
        changed = bytearray(run.data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SegmentRunDamaged):
            unpack(replace(run, data=bytes(changed)), NAME, 3)


@pytest.mark.parametrize("name", ["first_number", "last_number", "first_sequence"])
@pytest.mark.parametrize("step", [-1, 1, 2**62])
def test_changed_numbers_beside_a_run_are_found(name: str, step: int) -> None:
    run = pack(7, chain(9, 5)[3:])
    with pytest.raises(SegmentRunDamaged):
        unpack(replace(run, **{name: getattr(run, name) + step}), NAME, 3)


def test_the_room_that_a_reading_takes(tmp_path: Path) -> None:
    """Headers, signatures and all that the manifest has per segment, in the file of the database.

    Regular segments of 1,000 records; the pages that the packing left empty are not counted.
    """
    readings = 20 * RUN_SEGMENTS_MAX * 1_000
    database = Database(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    whole = chain(20 * RUN_SEGMENTS_MAX, 6, is_wild=False)
    manifest = ManifestStore()
    with database.unit_of_work() as unit:
        for table in (SEGMENT.metadata.tables["source_epoch"], SEGMENT, SEGMENT_RUN):
            table.create(unit.connection)
        identity = manifest.intern_source(unit.connection, NAME, 3).id
        before = _pages(unit.connection)
        for start in range(0, len(whole), RUN_SEGMENTS_MAX):
            part = whole[start : start + RUN_SEGMENTS_MAX]
            manifest.put_run(unit.connection, pack(identity, part))
        taken = (_pages(unit.connection) - before) * 4_096 / readings
    database.close()
    print(f"segment_run: {taken:.4f} bytes per reading")
    assert taken <= BYTES_PER_READING_MAX


def _pages(connection: sa.Connection) -> int:
    found = [connection.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in _COUNTS]
    assert connection.execute(sa.text("PRAGMA page_size")).scalar_one() == 4_096
    return found[0] - found[1]


_COUNTS = ("page_count", "freelist_count")


# ---- the store


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make runs of four segments."""
    monkeypatch.setattr(packer, "RUN_SEGMENTS_MAX", 4)
    return 4


def answers(house: House, sources: list[Source]) -> list:
    """Ask everything that can be asked of segments."""
    found: list = []
    manifest = house.manifest
    with house.database.read() as connection:
        known = {one.known_at for one in _headers(house, sources)}
        instants = sorted({at + step for at in known for step in (-1, 0, 1)})
        found += [manifest.sequences_known_at(connection, Instant(at)) for at in instants]
        names = [(source.name, source.epoch) for source in sources]
        every = [manifest.source_epoch(connection, *name).id for name in names]
        found.append(manifest.header_hashes(connection, every))
        for source in sources:
            identity = manifest.source_epoch(connection, source.name, source.epoch).id
            count = len(source.segments)
            found.append(manifest.header_hashes(connection, [identity]))
            for first in range(count + 2):
                found.append(manifest.stored_hash(connection, identity, first))
                for last in (first, first + 1, first + 5, count + 1):
                    found.append(manifest.headers(connection, identity, first, last))
            for sequence in range(0, len(source.records) + 5, 4):
                found.append(manifest.number_of(connection, identity, sequence))
    return found


def _headers(house: House, sources: list[Source]) -> list[StoredHeader]:
    return [
        one
        for source in sources
        for one in house.historian.headers(ACTOR, source.name, source.epoch, 1, 1_000)
    ]


@pytest.mark.engine
@pytest.mark.timeout(30)
@pytest.mark.parametrize("seed", [1, 2])
def test_packed_or_not_the_answers_are_the_same(
    database: Database, tmp_path: Path, few: int, seed: int
) -> None:
    house = House(tmp_path, database)
    rng = random.Random(seed)
    sources = [
        random_source(seed + place, segments=rng.randint(8, 11), name=f"edge-{place}")
        for place in range(2)
    ]
    for source in sources:
        house.store(source, per_commit=rng.randint(1, 5))
    expected = answers(house, sources)
    packer_ = SegmentPacker(database, house.manifest, young_segments=rng.randint(0, 3))
    packed = packer_.pack()
    assert packed % few == 0
    assert packed > 0
    assert packer_.pack() == 0
    assert answers(house, sources) == expected
    assert house.historian.check(ACTOR).faults == ()


def test_the_young_stay_and_the_rest_is_packed_as_it_comes(house: House, few: int) -> None:
    source = Source()
    young = 3
    packer_ = SegmentPacker(house.database, house.manifest, young_segments=young)
    for number in range(1, 30):
        source.fill(1, 3)
        house.store(source)
        packer_.pack()
        with house.database.read() as connection:
            left = connection.scalar(sa.select(sa.func.count()).select_from(SEGMENT))
            runs = connection.scalar(sa.select(sa.func.count()).select_from(SEGMENT_RUN))
        assert left + runs * few == number
        assert left < young + few
        assert left >= min(young, number)
    again = SegmentPacker(house.database, house.manifest, young_segments=0)
    assert again.pack() == left // few * few


def test_one_call_packs_so_much_and_no_more(
    house: House, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packer, "RUNS_AT_ONCE_MAX", 2)
    source = Source()
    source.fill(20, 2)
    house.store(source)
    packer_ = SegmentPacker(house.database, house.manifest, young_segments=0)
    assert [packer_.pack() for _ in range(4)] == [8, 8, 4, 0]


def test_a_second_packer_does_no_harm(house: House, few: int) -> None:
    source = Source()
    source.fill(8, 2)
    house.store(source)
    one, other = (SegmentPacker(house.database, house.manifest, young_segments=k) for k in (4, 0))
    assert one.pack() == 4
    assert other.pack() == 4
    assert one.pack() == 0
    assert house.historian.check(ACTOR).is_ok


@pytest.mark.parametrize("column", ["data", "first_sequence", "last_known_at"])
def test_a_damaged_run_is_a_clear_state(house: House, few: int, column: str) -> None:
    source = Source()
    source.fill(8, 3)
    house.store(source)
    SegmentPacker(house.database, house.manifest, young_segments=0).pack()
    with house.database.unit_of_work() as unit:
        chosen = SEGMENT_RUN.c.first_number == 5
        value = unit.connection.execute(sa.select(SEGMENT_RUN.c[column]).where(chosen)).scalar_one()
        changed = (
            value[:40] + bytes([value[40] ^ 1]) + value[41:] if column == "data" else value + 1
        )
        unit.connection.execute(sa.update(SEGMENT_RUN).where(chosen).values({column: changed}))
    report = house.historian.check(ACTOR)
    if column == "last_known_at":
        assert report.is_ok  # nothing is answered from it alone
    else:
        assert any("segment" in fault for fault in report.faults)
        with pytest.raises(SegmentRunDamaged):
            house.historian.headers(ACTOR, source.name, 1, 6, 6)
    assert len(house.historian.headers(ACTOR, source.name, 1, 1, 4)) == 4
