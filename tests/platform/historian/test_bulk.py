"""The decimals of many signals, day by day: the same from files of any shape, as known then."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lineshaft.core.clock import CountingIds, ManualClock
from lineshaft.core.period import US_PER_DAY, US_PER_S, Instant, Period, parse_instant
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.errors import StoreFilesChanging
from lineshaft.platform.historian.queries.bulk import BulkReader
from lineshaft.platform.historian.queries.model import BulkSlice
from lineshaft.security.authorisation.model import SYSTEM_WORKER
from tests.platform.historian.house import House, Source

START = parse_instant("2025-03-01T00:00:00Z")
DAYS = 9
"""More than are read ahead."""
EVERY_US = 6 * 3_600 * US_PER_S
NAMES = ("b/count", "a/count", "c/count")
"""Numbered in this order, asked for in another."""
ASKED = [SignalId(name) for name in ("a/count", "b/count", "nobody/count")]
SPAN = Period(Instant(START + EVERY_US + 1), Instant(START + DAYS * US_PER_DAY - EVERY_US))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.use(ManualClock(Instant(START + 90 * US_PER_DAY)), CountingIds())
    source = Source("edge-1")
    for step in range(DAYS * US_PER_DAY // EVERY_US):
        for place, name in enumerate(NAMES):
            at = START + step * EVERY_US
            if place == 0 and step == 5:
                source.add(name, at, text="lost")
            else:
                source.add(name, at, 10 * step + place, 0)
        if step % 3 == 2:
            source.seal()
    made.store(source, per_commit=2)
    yield made
    made.database.close()


def reader(house: House) -> BulkReader:
    known_at = house.historian.settle(SYSTEM_WORKER, house.clock.now())
    found = house.historian.bulk(SYSTEM_WORKER, ASKED, SPAN, known_at)
    assert found is not None
    return found


def paths(house: House) -> frozenset[str]:
    with house.database.read() as connection:
        return frozenset(file.path for file in house.manifest.files(connection))


def slices(found: BulkReader, count: int = 1) -> Iterator[BulkSlice]:
    for part in found.parts(count, rows_min=1):
        yield from part.slices()


def rows(slices: list[BulkSlice]) -> list[tuple[int, int, int, bool]]:
    """Return place, instant, sequence and whether it is a decimal, in the order that they came."""
    return [
        row
        for one in slices
        for row in zip(
            *(column.tolist() for column in (one.place, one.ts, one.sequence, one.is_decimal)),
            strict=True,
        )
    ]


def test_files_of_any_shape_give_the_same_rows_day_by_day(house: House) -> None:
    young = list(slices(reader(house)))
    house.compact()
    old = list(slices(reader(house)))
    assert rows(young) == rows(old)
    assert len(old) == DAYS
    assert {place for place, *_ in rows(old)} == {0, 1}
    assert [ts for place, ts, *_ in rows(old) if place == 0] == [
        *range(START + 2 * EVERY_US, SPAN.end, EVERY_US)
    ]
    assert [ts for *_, ts, _, fine in rows(old) if not fine] == [START + 5 * EVERY_US]
    assert all((np.diff(one.place) >= 0).all() for one in young)


def test_files_that_are_merged_away_meanwhile_have_successors(house: House) -> None:
    expected = rows(list(slices(reader(house))))
    coming = slices(reader(house))
    found = [next(coming)]
    before = paths(house)
    house.compact()
    house.files.remove(before - paths(house))
    assert rows([*found, *coming]) == expected


def test_in_parts_it_is_the_same_rows(house: House) -> None:
    expected = rows(list(slices(reader(house))))
    for count in (2, 3, DAYS, DAYS + 1):
        parts = reader(house).parts(count, rows_min=1)
        assert len(parts) == min(count, DAYS)
        assert rows([one for part in parts for one in part.slices()]) == expected
        for part, later in pairwise(parts):
            ends, starts = ([one.ts for one in some.slices()] for some in (part, later))
            assert ends[-1].max() < starts[0].min()
    assert len(reader(house).parts(9, rows_min=len(expected))) == 1


def test_apart_from_its_database_a_successor_is_not_looked_for(house: House) -> None:
    (part,) = reader(house).parts(1, rows_min=1)
    expected = rows(list(part.slices(is_apart=True)))
    before = paths(house)
    house.compact()
    house.files.remove(before - paths(house))
    with pytest.raises(StoreFilesChanging, match="apart"):
        list(part.slices(is_apart=True))
    assert rows(list(part.slices())) == expected


def test_what_was_not_known_yet_is_not_there(house: House) -> None:
    early = reader(house)
    expected = rows(list(slices(early)))
    late = Source("edge-2")
    late.add("a/count", START + 30 * EVERY_US + 5, 7, 0)
    late.seal()
    house.store(late)
    assert rows(list(slices(early))) == expected
    assert len(rows(list(slices(reader(house))))) == len(expected) + 1


def test_segments_are_told_by_the_hashes_of_their_headers(house: House) -> None:
    one = reader(house)
    (source,) = one.sources
    headers = house.historian.headers(SYSTEM_WORKER, source.source, source.epoch, 1, 1_000)
    found = one.segments([source.id])[source.id]
    assert list(found.hashes) == [header.header.hash() for header in headers]
    assert list(found.first_sequences) == [header.header.first_sequence for header in headers]
