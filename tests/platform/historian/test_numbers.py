"""The numbers of sources and signals: given once, to any number of threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineshaft.platform.historian.intake import numbers
from lineshaft.platform.historian.intake.numbers import Numbers
from tests.platform.historian.house import START, House, Source, opened


def test_threads_agree_on_the_numbers_and_they_last(tmp_path: Path) -> None:
    house, sources = House(tmp_path), [Source(f"edge-{n}") for n in range(4)]
    segments = []
    for source in sources:
        source.fill(2, 10)
        segments.append(opened(source.segments, source))
    known = Numbers(house.database, house.manifest)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(known.of, segments * 8))
    again = Numbers(house.database, house.manifest)
    for one, numbered in zip(segments * 8, found, strict=True):
        expected = again.of(one)
        assert numbered.sources == expected.sources
        for signal in (name for segment in one for name in segment.signals):
            assert numbered.series[signal] == expected.series[signal]
    assert len({number for one in found for number in one.sources}) == 4


@pytest.mark.parametrize("bound", [0, 1, 2])
def test_more_signals_than_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    """What is forgotten is looked up again, and those who look into the old one still find it."""
    monkeypatch.setattr(numbers, "SERIES_CACHED_MAX", bound)
    house, known = House(tmp_path), {}
    given = Numbers(house.database, house.manifest)
    for number in (1, 2, 3, 1):
        source = Source(f"edge-{number}")
        for place in range(number):
            source.add(f"mazak01/s{place}", START, place)
        source.seal()
        segments = opened(source.segments, source)
        found = given.of(segments)
        signals = {name: found.series[name] for one in segments for name in one.signals}
        assert known.setdefault(number, signals) == signals
