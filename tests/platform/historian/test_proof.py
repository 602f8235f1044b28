"""Proofs are rebuilt from the rows at any level of merging; the check finds every flipped bit."""

import random

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings

from lineshaft.core.errors import NotFound
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import decode_block
from lineshaft.core.segment.header import Header, verify_signature
from lineshaft.platform.historian.tables import SEGMENT
from tests.platform.historian.house import ACTOR, House, Source, random_source

FEW = settings(
    max_examples=5,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(st.integers(0, 10**6), st.booleans(), st.data())
def test_blocks_come_back_as_they_were_signed(tmp_path_factory, seed, is_merged, data) -> None:
    house = House(tmp_path_factory.mktemp("house"))
    source = random_source(seed, segments=8)
    house.store(source, per_commit=3)
    house.store(random_source(seed + 1, name="edge-2"))
    if is_merged:
        house.compact()
    for signal in sorted({record.signal for record in source.records}):
        count = sum(record.signal == signal for record in source.records)
        first = data.draw(st.integers(1, count))
        last = data.draw(st.integers(first, count))
        proofs = house.historian.proofs(ACTOR, signal, (source.name, 1), (first, last))
        check_proofs(source, signal, list(proofs), (first, last))
    house.database.close()


def check_proofs(source, signal, proofs, ordinals) -> None:
    signed = {segment.header.number: segment for segment in source.segments}
    expected = ordinals[0]
    for proof in proofs:
        header = Header.decode(proof.header_bytes)
        verify_signature(proof.header_bytes, proof.signature, source.key.public_key())
        assert proof.block == signed[header.number].blocks[proof.leaf_index]
        leaf = merkle.leaf_hash(proof.salt, proof.block)
        at = proof.leaf_index, header.block_count, proof.path
        assert merkle.root_from_path(leaf, *at) == header.root
        block = decode_block(proof.block)
        assert block.signal == signal
        assert block.first_ordinal <= expected < block.first_ordinal + len(block)
        expected = block.first_ordinal + len(block)
    assert expected > ordinals[1]


def test_proofs_of_an_unknown_source_do_not_exist(house: House) -> None:
    with pytest.raises(NotFound):
        list(house.historian.proofs(ACTOR, SignalId("m1/a"), (SourceId("none"), 1), (1, 2)))


def test_headers_come_back_as_they_were_signed(house: House) -> None:
    source = random_source(2, segments=5)
    house.store(source, per_commit=2)
    found = house.historian.headers(ACTOR, source.name, 1, 2, 4)
    assert [one.header for one in found] == [one.header for one in source.segments[1:4]]
    assert [one.signature for one in found] == [one.signature for one in source.segments[1:4]]
    assert house.historian.sources_of(ACTOR, source.records[0].signal) == [(source.name, 1)]


def test_a_sound_store_passes_its_check(house: House) -> None:
    source = random_source(5, segments=12)
    house.store(source, per_commit=4)
    house.compact()
    report = house.historian.check(ACTOR)
    assert (report.faults, report.segments, report.records) == ((), 12, len(source.records))


def test_the_check_finds_every_flipped_bit_of_every_file(house: House) -> None:
    source = Source()
    source.fill(6, 30)
    house.store(source, per_commit=3)
    paths = sorted((house.directory / "store").glob("*/*.parquet"))
    rng = random.Random(20270301)
    for path in paths:
        whole = path.read_bytes()
        for bit in rng.sample(range(len(whole) * 8), 20):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bytes(flipped))
            report = house.historian.check(ACTOR)
            assert any(path.name in fault for fault in report.faults), f"bit {bit} of {path}"
        path.write_bytes(whole)
    assert house.historian.check(ACTOR).is_ok


@pytest.mark.parametrize("column", ["header", "signature"])
def test_the_check_finds_changed_headers(house: House, column: str) -> None:
    source = Source()
    source.fill(3, 10)
    house.store(source)
    with house.database.unit_of_work() as unit:
        query = sa.select(SEGMENT.c[column]).where(SEGMENT.c.number == 2)
        value = bytearray(unit.connection.execute(query).scalar_one())
        value[-1] ^= 1
        change = sa.update(SEGMENT).where(SEGMENT.c.number == 2).values({column: bytes(value)})
        unit.connection.execute(change)
    assert not house.historian.check(ACTOR).is_ok


def test_the_check_finds_a_missing_file(house: House) -> None:
    source = Source()
    source.fill(3, 10)
    house.store(source)
    next((house.directory / "store").glob("*/*.parquet")).unlink()
    faults = house.historian.check(ACTOR).faults
    assert "it is missing" in faults[0]


def test_the_check_names_a_file_that_the_disk_does_not_give(house: House) -> None:
    source = Source()
    source.fill(3, 10)
    house.store(source)
    (path,) = (house.directory / "store").glob("*/*.parquet")
    path.unlink()
    path.mkdir()  # reading it fails for every user, as that of a bad sector does
    faults = house.historian.check(ACTOR).faults
    assert faults[0].endswith(f"{path.name}: it cannot be read (Is a directory)")


def test_the_check_says_that_the_database_is_damaged(house: House) -> None:
    source = Source()
    source.fill(3, 10)
    house.store(source)
    house.database.close()
    (file,) = house.directory.glob("*.sqlite")
    content = bytearray(file.read_bytes())
    content[4_096:] = bytes(len(content) - 4_096)  # every page but the first
    file.write_bytes(content)
    report = house.historian.check(ACTOR)
    assert report.records == 0
    assert "the database: " in report.faults[0]
    assert "is damaged: restore a backup" in report.faults[0]
