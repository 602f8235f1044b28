"""A full disk stops what writes, changes nothing, and everything goes on once there is room."""

import contextlib
from pathlib import Path

import pytest

from lineshaft.core.errors import Unavailable
from tests.full_disk import no_room
from tests.platform.historian.house import ACTOR, House, opened, random_source
from tests.platform.historian.test_damage import stored_files
from tests.platform.historian.test_rewind import everything


@pytest.mark.parametrize("bytes_max", [0, 100, 1_000, 4_096, 8_192])
def test_a_commit_is_whole_or_absent_wherever_the_disk_is_full(
    tmp_path: Path, bytes_max: int
) -> None:
    house, source = House(tmp_path), random_source(3, segments=6)
    house.know(source)
    house.committer.commit(opened(source.segments[:3], source))
    before, marks = everything(house), house.historian.marks(ACTOR)
    with no_room(bytes_max), pytest.raises((OSError, Unavailable)):
        house.committer.commit(opened(source.segments[3:], source))
    assert everything(house) == before
    assert house.historian.marks(ACTOR) == marks
    assert house.historian.check(ACTOR).faults == ()
    house.committer.commit(opened(source.segments[3:], source))
    house.merger.clear_orphans()
    assert house.historian.check(ACTOR).faults == ()
    assert house.historian.marks(ACTOR)[source.name, source.epoch].number == 6
    assert {f"{path.parent.name}/{path.name}" for path in stored_files(house)} == listed(house)
    assert not list(tmp_path.rglob("*.tmp"))


def listed(house: House) -> set[str]:
    with house.database.read() as connection:
        return {file.path for file in house.manifest.files(connection)}


@pytest.mark.parametrize("bytes_max", [0, 1_000, 8_192])
def test_a_compaction_changes_nothing_where_the_disk_is_full(
    tmp_path: Path, bytes_max: int
) -> None:
    house = House(tmp_path)
    house.store(random_source(4, segments=12), per_commit=2)
    before, files = everything(house), stored_files(house)
    with no_room(bytes_max), contextlib.suppress(OSError, Unavailable):
        house.compact()  # it may put the work off by itself
    assert set(files) <= set(stored_files(house))
    assert everything(house) == before
    assert house.historian.check(ACTOR).faults == ()
    house.compact()
    assert len(listed(house)) < len(files)
    assert everything(house) == before
    assert house.historian.check(ACTOR).faults == ()
