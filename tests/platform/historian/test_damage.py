"""A store file that is not what was written gives an error that names it, never a wrong answer."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.clock import RandomIds
from lineshaft.platform.historian.errors import StoreFileDamaged
from lineshaft.platform.historian.model import RangeQuery
from tests.platform.historian.house import ACTOR, HOUR, START, House, Source

QUERY = RangeQuery(SignalId("m1/s0"), Period(START, Instant(START + HOUR)))


def flip(path: Path) -> None:
    """Change one bit in the middle, as a disk that ages does."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def tear(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def lose(path: Path) -> None:
    path.unlink()


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    source = Source()
    source.fill(3)
    made.store(source)
    return made


def stored_files(house: House) -> list[Path]:
    return sorted((house.directory / "store").glob("*/*.parquet"))


def restarted(house: House) -> House:
    """A process that has not read any file yet."""
    clock = ManualClock(house.clock.now())
    house.use(clock, RandomIds(clock))
    return house


@pytest.mark.parametrize("damage", [flip, tear, lose])
@pytest.mark.parametrize("is_new_process", [True, False])
def test_no_answer_comes_from_a_damaged_file(
    house: House, damage: Callable[[Path], None], is_new_process: bool
) -> None:
    (path,) = stored_files(house)
    assert house.historian.readings(ACTOR, QUERY).num_rows == 20
    damage(path)
    if is_new_process:
        restarted(house)
    for ask in (
        lambda: house.historian.readings(ACTOR, QUERY),
        lambda: house.historian.downsample(ACTOR, QUERY.signal, QUERY.period, 1_000),
        lambda: house.historian.totals(ACTOR),
        lambda: list(house.historian.proofs(ACTOR, QUERY.signal, ("edge-1", 1), (1, 9))),
    ):
        with pytest.raises(StoreFileDamaged, match=rf"{path.name}.*repair"):
            ask()


def test_every_flipped_bit_is_noticed(house: House) -> None:
    (path,) = stored_files(house)
    sound = path.read_bytes()
    for position in range(0, len(sound), 97):
        data = bytearray(sound)
        data[position] ^= 1 << (position % 8)
        path.write_bytes(data)
        with pytest.raises(StoreFileDamaged):
            restarted(house).historian.readings(ACTOR, QUERY)
    path.write_bytes(sound)
    assert restarted(house).historian.readings(ACTOR, QUERY).num_rows == 20


def test_a_merge_does_not_carry_damage_on(house: House) -> None:
    source = Source("edge-2")
    source.fill(3)
    house.store(source)
    first, _ = stored_files(house)
    flip(first)
    before = stored_files(house)
    restarted(house).compact()
    assert stored_files(house) == before
