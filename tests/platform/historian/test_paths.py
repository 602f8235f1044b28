"""Held series are proven from their own rows and stored paths; other series are not read."""

import asyncio
import random

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.segment import merkle
from lineshaft.core.segment.merkle import levels, path_in, root_over
from lineshaft.platform.historian.errors import ProofBroken, SegmentRunDamaged
from lineshaft.platform.historian.files import packer
from lineshaft.platform.historian.files.packer import SegmentPacker
from lineshaft.platform.historian.intake import program
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits
from lineshaft.platform.historian.packed import HeldPath, HeldPaths
from lineshaft.platform.historian.proof import prover, series
from lineshaft.platform.historian.proof.keeper import PathKeeper
from lineshaft.platform.historian.proof.paths import decode_paths, encode_paths
from lineshaft.platform.historian.proof.prover import Prover
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.tables import HELD_PATH, SEGMENT_RUN
from tests.platform.historian.house import ACTOR, House, Source, opened, random_source

HASHES = st.integers(0, 2**256 - 1).map(lambda number: number.to_bytes(32, "big"))


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, clause 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    cut = merkle.split(len(leaves))
    return merkle.node_hash(recursive_root(leaves[:cut]), recursive_root(leaves[cut:]))


@settings(max_examples=60, deadline=None)
@given(st.lists(HASHES, min_size=1, max_size=40), st.data())
def test_the_tree_is_that_of_core(leaves: list[bytes], data: st.DataObject) -> None:
    tree = levels(leaves)
    assert tree[-1] == [recursive_root(leaves)] == [merkle.root(leaves)]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = path_in(tree, index)
    assert path == b"".join(merkle.inclusion_path(leaves, index))
    assert root_over(leaves[index], index, len(leaves), path) == tree[-1][0]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(-2, 45), st.integers(0, 8))
def test_a_path_of_another_length_or_place_leads_nowhere(count: int, index: int, more: int) -> None:
    leaves = [bytes([number]) * 32 for number in range(count)]
    tree = levels(leaves)
    path = [leaves[0]] * more
    leaf = leaves[max(0, min(index, count - 1))]
    try:
        expected = merkle.root_from_path(leaf, index, count, path)
    except merkle.Invalid:
        expected = b""
    assert root_over(leaf, index, count, b"".join(path)) == expected
    assert root_over(leaf, count, count, path_in(tree, count - 1)) == b""


PATHS = st.lists(
    st.tuples(st.integers(1, 2**62), st.integers(0, 999), st.binary(max_size=3)),
    min_size=1,
    max_size=9,
    unique_by=lambda one: one[0],
).map(lambda found: [HeldPath(n, index, data * 32) for n, index, data in sorted(found)])


@settings(max_examples=60, deadline=None)
@given(PATHS)
def test_paths_come_back_as_they_were_packed(paths: list[HeldPath]) -> None:
    data = encode_paths(paths)
    assert decode_paths(data) == paths
    for cut in (data[:-1], data[:3], data + b"x", b""):
        with pytest.raises(SegmentRunDamaged):
            decode_paths(cut)


# ---- the store


def keeper(house: House) -> PathKeeper:
    made = Prover(house.database, house.manifest, Scanner(house.files), house.keys)
    return PathKeeper(house.database, house.manifest, made)


def proofs(house: House, source: Source, signal: str) -> list:
    ordinals = (1, 2**40)
    return list(house.historian.proofs(ACTOR, signal, (source.name, source.epoch), ordinals))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every bound small, so that each is met."""
    monkeypatch.setattr(packer, "RUN_SEGMENTS_MAX", 4)
    monkeypatch.setattr(series, "SEGMENTS_AT_ONCE_MAX", 3)
    monkeypatch.setattr(series, "ORDINALS_AT_ONCE_MAX", 13)


def no_rebuilding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it an error to read the rows of other series."""

    def refuse(*_: object) -> None:
        raise AssertionError("the rows of all series were read")

    monkeypatch.setattr(prover.Prover, "segments", refuse)


@pytest.mark.parametrize("seed", range(2))
def test_stored_paths_change_no_proof(
    house: House, few: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    source = random_source(seed, segments=7)
    house.store(source, per_commit=4)
    signals = sorted({record.signal for record in source.records})[:4]
    expected = {signal: proofs(house, source, signal) for signal in signals}
    made = keeper(house).keep(signals[::2])
    assert made == sum(len(expected[signal]) for signal in signals[::2])
    assert keeper(house).keep(signals[::2]) == 0
    assert {signal: proofs(house, source, signal) for signal in signals} == expected
    SegmentPacker(
        house.database, house.manifest, young_segments=random.Random(seed).randint(0, 3)
    ).pack()
    assert {signal: proofs(house, source, signal) for signal in signals} == expected
    no_rebuilding(monkeypatch)
    for signal in signals[::2]:
        assert proofs(house, source, signal) == expected[signal]


def test_where_a_path_is_missing_the_proof_is_rebuilt(house: House, few: None) -> None:
    source = Source()
    source.fill(9, 12)
    house.store(source)
    expected = proofs(house, source, "m1/s1")
    keeper(house).keep(["m1/s1"])
    with house.database.unit_of_work() as unit:
        paths = house.manifest.paths_of(unit.connection, 1, 2, (1, 9))
        unit.connection.execute(sa.delete(HELD_PATH))
        kept = [one for one in paths if one.number in {2, 3, 7}]
        house.manifest.put_paths(unit.connection, HeldPaths(1, 2, kept))
    assert len(paths) == 9
    assert proofs(house, source, "m1/s1") == expected
    assert keeper(house).keep(["m1/s1"]) == 6


def test_a_changed_path_is_never_handed_out(house: House) -> None:
    source = Source()
    source.fill(3, 12)
    house.store(source)
    keeper(house).keep(["m1/s1"])
    with house.database.unit_of_work() as unit:
        data = bytearray(unit.connection.execute(sa.select(HELD_PATH.c.data)).scalar_one())
        data[-1] ^= 1
        unit.connection.execute(sa.update(HELD_PATH).values(data=bytes(data)))
    with pytest.raises(ProofBroken, match="segment 3 of edge-1/1 and the path"):
        proofs(house, source, "m1/s1")


@pytest.mark.engine
@pytest.mark.timeout(30)
def test_rows_of_paths_are_gathered_and_cut_by_runs(database, tmp_path) -> None:
    house = House(tmp_path, database)
    source = Source()
    source.fill(1, 3)
    house.store(source)
    rng = random.Random(5)
    paths = {n: HeldPath(n, n, rng.randbytes(64)) for n in range(1, 21)}
    manifest = house.manifest
    with database.unit_of_work() as unit:
        connection = unit.connection
        for first in (1, 6, 11, 16):  # four commits
            commit = [paths[n] for n in range(first, first + 5)]
            manifest.add_paths(connection, [HeldPaths(1, one, commit) for one in (1, 2)])
        manifest.pack_paths(connection, 1, (1, 8))
        manifest.pack_paths(connection, 1, (9, 12))
        paths[9] = HeldPath(9, 1, b"")
        manifest.put_paths(connection, HeldPaths(1, 2, [paths[9]]))
        query = sa.select(HELD_PATH.c.first_number, HELD_PATH.c.last_number)
        query = query.where(HELD_PATH.c.series == 1).order_by(HELD_PATH.c.first_number)
        found = [tuple(row) for row in connection.execute(query)]
        assert found == [(1, 8), (9, 12), (13, 15), (16, 20)]
        assert manifest.paths_of(connection, 1, 2, (1, 99)) == list(paths.values())
        assert [one.number for one in manifest.paths_of(connection, 1, 2, (7, 10))] == [7, 8, 9, 10]
        assert manifest.paths_of(connection, 1, 1, (9, 9))[0].leaf_index == 9
        assert manifest.paths_of(connection, 1, 3, (1, 99)) == []


class Held:
    """Holds some signals."""

    def __init__(self, *signals: str) -> None:
        self.signals = signals

    def is_held(self, signal: str) -> bool:
        return signal in self.signals


@pytest.mark.parametrize("seed", range(3))
def test_intake_stores_the_paths_of_held_series(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    source = random_source(seed, segments=9)
    house.know(source)
    signals = sorted({record.signal for record in source.records})
    for start in (0, 4):
        part = opened(source.segments[start : start + 4 + start], source)
        house.committer.commit(part, Held(*signals[1:3]))
    expected = {signal: proofs(house, source, signal) for signal in signals}
    assert keeper(house).keep(signals[1:3]) == 0
    assert keeper(house).keep(signals[:1]) == len(expected[signals[0]])
    with house.database.unit_of_work() as unit:
        unit.connection.execute(sa.delete(HELD_PATH))
    assert {signal: proofs(house, source, signal) for signal in signals} == expected
    assert keeper(house).keep(signals[1:3]) == sum(len(expected[one]) for one in signals[1:3])
    no_rebuilding(monkeypatch)
    assert proofs(house, source, signals[1]) == expected[signals[1]]


async def test_intake_packs_old_segments_and_their_paths(
    house: House, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "TICK_S", 0.01)
    source = Source()
    source.fill(9, 12)
    house.know(source)
    parts = replace(house.parts(), held=Held("m1/s1"))
    intake = Intake(parts, house.queue, house.notices, IntakeLimits(commit_ms=5))
    intake._packer = SegmentPacker(house.database, house.manifest, young_segments=1)
    house.queue.put(source.segments)
    running = asyncio.create_task(intake.run())
    try:
        async with asyncio.timeout(10):
            while runs(house) < 2:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    no_rebuilding(monkeypatch)
    assert len(proofs(house, source, "m1/s1")) == 9
    with house.database.read() as connection:
        query = sa.select(HELD_PATH.c.first_number, HELD_PATH.c.last_number)
        found = [tuple(row) for row in connection.execute(query.order_by(HELD_PATH.c.first_number))]
    assert found[:2] == [(1, 4), (5, 8)]


def runs(house: House) -> int:
    with house.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(SEGMENT_RUN))
