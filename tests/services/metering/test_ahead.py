"""Usage from rows and blocks that were read ahead is the usage that is measured alone."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.reading import RecordKind, SignalId, StatusCode
from lineshaft.platform.historian.model import SIGNALS_AHEAD_MAX, RangeQuery
from lineshaft.security.authorisation.model import SYSTEM_WORKER
from lineshaft.services.metering import service
from lineshaft.services.metering.ahead import HistoryAhead
from lineshaft.services.metering.series import SeriesRows
from tests.platform.historian.house import House, Source, opened
from tests.services.metering.rows import at, counter, meter, span
from tests.services.metering.test_service import SIGNAL, counting, metering

METERS = (
    counter(rate_max=2),
    replace(meter("state_duration", "SEC", states=["RUN"]), signal=SignalId("mill/state")),
    replace(counter(rate_max=2), signal=SignalId("mill/never")),
)
PERIODS = (span(30, 90), span(0, 200), span(60, 61), span(500, 600))


class Held:
    """Holds the states alone: of the other blocks no path is stored."""

    def is_held(self, signal: str) -> bool:
        return signal == "mill/state"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.close()


def stating(name: str) -> Source:
    source = Source(name)
    for number in range(40):
        source.add("mill/state", at(number * 5), text=("RUN", "IDLE")[number % 2])
        if number % 7 == 6:
            source.seal()
    source.seal()
    return source


class HeldAll:
    """Holds everything."""

    def is_held(self, _signal: str) -> bool:
        return True


def mixed(source: Source, signal: str, rng: random.Random, oddity: float) -> None:
    """Add readings of a counter and of states, some odd: each in another way."""
    level, second = 0, rng.randint(0, 20)
    for number in range(40):
        second += rng.choice([1, 2, 5, 10])
        level += rng.randint(0, 2)
        odd = rng.randint(0, 8) if rng.random() < oddity else None
        match odd:
            case 0:
                source.add(signal, at(second), status=StatusCode.BAD_NO_COMMUNICATION)
            case 1:
                source.add(signal, at(second), 9_999, 0)
            case 2:
                source.add(signal, at(second), kind=RecordKind.REFUSAL, text="{}")
            case 3:
                source.add(signal, at(second), number=1.5)
            case 4:
                source.add(signal, at(second), level * 10, -1)
            case 5:
                source.add(signal, at(second), level, 0)
                source.add(signal, at(second), level, 0)
            case 6:
                source.add(signal, at(second - 15), level, 0)
            case 7:
                level = 0
                source.add(signal, at(second), level, 0)
            case _:
                source.add(signal, at(second), level, 0)
        name, text = f"{signal}-state", rng.choice(["RUN", "IDLE", "SET-UP"])
        if odd == 3:
            source.add(name, at(second), status=StatusCode.BAD_NO_COMMUNICATION)
        elif odd == 6:
            source.add(name, at(second), 1, 0)
        else:
            source.add(name, at(second), text=text)
        if rng.random() < 0.1 or number == 39:
            source.seal()


def test_plain_or_not_usage_is_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether rows are searched or walked, each record is the same, to the byte."""
    rng, source = random.Random(5), Source("edge-1")
    names = [f"mill/s{number}" for number in range(16)]
    for number, name in enumerate(names):
        mixed(source, name, rng, (0, 0, 0.02, 0.1)[number % 4])
    house.know(source)
    house.committer.commit(opened(source.segments, source), HeldAll())
    known_at = house.historian.last_known_at(SYSTEM_WORKER)
    ways = ({}, {"boundary": "LATER"}, {"boundary": "EARLIER", "resolution": 2, "modulus": 50})
    wanted = []
    for name in names:
        kinds = [counter(rate_max=2, **rng.choice(ways))]
        states = {"states": rng.choice([[], ["RUN"], ["IDLE", "RUN"]])}
        kinds.append(meter("state_duration", "MIN", **states, keeps_spans=rng.random() < 0.5))
        for one, suffix in zip(kinds, ("", "-state"), strict=True):
            for _ in range(3):
                start = rng.randint(0, 150)
                period = span(start, start + rng.choice([1, 7, 40, 90]))
                wanted.append((replace(one, signal=SignalId(f"{name}{suffix}")), period))
    ahead = metering(house).ahead(wanted, known_at)
    history = HistoryAhead(house.historian, wanted, known_at)
    searched = [ahead.usage(SYSTEM_WORKER, *each, known_at) for each in wanted]
    plain = [each for each in wanted if history.plain(*each, known_at) is not None]
    assert len(wanted) // 3 < len(plain) < len(wanted) - len(wanted) // 8
    monkeypatch.setattr(service, "plain_of", lambda *_: None)
    assert [ahead.usage(SYSTEM_WORKER, *each, known_at) for each in wanted] == searched


@pytest.mark.parametrize("sources", [1, 2])
def test_read_ahead_or_not_usage_is_the_same(house: House, sources: int) -> None:
    for number in range(sources):
        house.store(counting(f"edge-{number}", seed=number))
    states = stating("states")
    house.know(states)
    house.committer.commit(opened(states.segments, states), Held())
    known_at = house.historian.last_known_at(SYSTEM_WORKER)
    wanted = [(one, period) for one in METERS for period in PERIODS]
    alone, ahead = metering(house), metering(house).ahead(wanted, known_at)
    for one, period in wanted:
        expected = alone.usage(SYSTEM_WORKER, one, period, known_at)
        assert ahead.usage(SYSTEM_WORKER, one, period, known_at) == expected
    # what was known earlier, or lies elsewhere, is asked of the historian
    for other in (Instant(0), Instant(known_at - 1)):
        expected = alone.usage(SYSTEM_WORKER, METERS[0], PERIODS[0], other)
        assert ahead.usage(SYSTEM_WORKER, METERS[0], PERIODS[0], other) == expected


def test_blocks_are_known_ahead_where_their_paths_are_stored(house: House) -> None:
    states = stating("states")
    house.know(states)
    house.committer.commit(opened(states.segments, states), Held())
    known_at = house.historian.last_known_at(SYSTEM_WORKER)
    history = HistoryAhead(house.historian, [(METERS[1], span(0, 200))], known_at)
    signal, source = SignalId("mill/state"), ("states", 1)
    known = history.entries(signal, source, (3, 11))
    proofs = house.historian.proofs(SYSTEM_WORKER, signal, source, (3, 11))
    assert known is not None
    assert [(one.first_ordinal, one.last_ordinal) for one in known] == [(1, 7), (8, 14)]
    assert len(list(proofs)) == len(known)
    assert history.entries(signal, source, (3, 99)) is None
    assert history.entries(SIGNAL, source, (1, 1)) is None


def test_where_a_signal_has_ended_nobody_is_asked_what_comes_behind(house: House) -> None:
    """An edge that is cut off, or an import that ends: of many machines nothing comes later."""
    source = Source()
    for seconds in (-5, 0, 10):
        source.add(SIGNAL, at(seconds), 100 + seconds, 0)
    source.add("mill/on", at(0), 1, 0)
    source.seal()
    house.store(source)
    known_at, period = house.historian.last_known_at(SYSTEM_WORKER), span(0, 20)
    history = HistoryAhead(house.historian, [(METERS[0], period)], known_at)
    query = RangeQuery(METERS[0].signal, period, known_at)
    found = history.rows(query)
    assert found is not None
    stored = SeriesRows.of_table(house.historian.readings(SYSTEM_WORKER, query))
    assert found.ts.tolist() == stored.ts.tolist() == [at(-5), at(0), at(10)]
    # Far behind there is one more: what was read ahead does not tell where.
    source.add(SIGNAL, at(40 * 86_400), 200, 0)
    source.seal()
    house.store(source)
    later = house.historian.last_known_at(SYSTEM_WORKER)
    history = HistoryAhead(house.historian, [(METERS[0], period)], later)
    assert history.rows(replace(query, known_at=later)) is None


def test_signals_that_are_read_at_once_have_a_maximum(house: House) -> None:
    signals = [SignalId(f"mill/{number}") for number in range(SIGNALS_AHEAD_MAX + 1)]
    with pytest.raises(InvariantError, match="at most 2048"):
        house.historian.ahead(SYSTEM_WORKER, signals, span(0, 1), Instant(0))
