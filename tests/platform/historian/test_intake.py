"""Intake without a bus: what is stored, what is answered, and when it is acknowledged."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from lineshaft.core.errors import Unavailable
from lineshaft.core.messages import EnrolAnswer, EnrolRequest, decode, encode
from lineshaft.core.pages import PageRequest
from lineshaft.core.period import Instant
from lineshaft.core.segment.beat import Beat, sign_beat
from lineshaft.core.segment.wire import encode_segment
from lineshaft.infrastructure.files import FreeSpaceLow
from lineshaft.platform.historian.intake import commit, program, reception
from lineshaft.platform.historian.intake.commit import Committed
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits
from lineshaft.platform.historian.model import Commit
from tests.platform.historian.house import ACTOR, House, Source


@contextlib.asynccontextmanager
async def running(house: House, limits: IntakeLimits | None = None) -> AsyncIterator[Intake]:
    intake = house.intake(limits)
    task = asyncio.create_task(intake.run())
    yield intake
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not condition():
            await asyncio.sleep(0.005)


def number_of(house: House, source: Source) -> int:
    mark = house.historian.marks(ACTOR).get((source.name, source.epoch))
    return mark.number if mark else 0


async def stored(house: House, *sources: Source) -> None:
    await until(lambda: all(number_of(house, one) == len(one.segments) for one in sources))


def assert_exactly_once(house: House, *sources: Source) -> None:
    totals = house.historian.totals(ACTOR)
    expected = sum(len(source.records) for source in sources)
    assert (totals.records, totals.lost, totals.duplicated) == (expected, 0, 0)
    assert house.historian.check(ACTOR).faults == ()


@pytest.mark.parametrize("seed", range(3))
async def test_permuted_and_doubled_segments_of_three_sources_are_stored_once(
    house: House, seed: int
) -> None:
    rng = random.Random(seed)
    sources = [Source(f"edge-{number}") for number in range(3)]
    for source in sources:
        source.fill(rng.randint(5, 30), 7)
    house.know(*sources)
    sent = [segment for source in sources for segment in source.segments] * 2
    rng.shuffle(sent)
    house.queue.put(sent)
    async with running(house):
        await stored(house, *sources)
        await until(lambda: all(one.acks for one in house.queue.messages))
    assert_exactly_once(house, *sources)


async def test_a_segment_is_acknowledged_only_after_the_notice_of_its_commit(house: House) -> None:
    source = Source()
    source.fill(3, 5)
    house.know(source)
    house.queue.put(source.segments)
    async with running(house):
        await until(lambda: bool(house.queue.messages[-1].acks))
    last = house.notices.of("committed")[-1]
    header = source.segments[-1].header
    assert (last.epoch, last.number, last.sequence) == (1, 3, 15)
    assert last.header_hash == header.hash().hex()


async def test_an_outage_of_the_bus_is_said_once(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(program, "RETRY_S", 0.001)
    source = Source()
    source.fill(2, 5)
    house.know(source)
    house.queue.put(source.segments)
    tries = 0
    fetch = house.queue.fetch

    async def failing(messages_max: int, wait_s: float) -> object:
        nonlocal tries
        tries += 1
        if tries <= 20:
            msg = "the bus is not connected"
            raise Unavailable(msg)
        return await fetch(messages_max, wait_s)

    monkeypatch.setattr(house.queue, "fetch", failing)
    with caplog.at_level("INFO", program.LOG.name):
        async with running(house):
            await stored(house, source)
    said = [one.getMessage() for one in caplog.records if "fetch" in one.getMessage()]
    assert said == [
        "cannot fetch segments: the bus is not connected",
        "segments can be fetched again",
    ]


async def test_a_gap_is_asked_for_and_what_is_ahead_waits(house: House) -> None:
    source = Source()
    source.fill(4, 5)
    house.know(source)
    first, second, *ahead = source.segments
    house.queue.put([first])
    messages = house.queue.put(ahead)
    async with running(house):
        await until(lambda: bool(house.notices.of("missing")))
        missing = house.notices.of("missing")[-1]
        assert (missing.number, missing.sequence) == (1, 5)
        assert not any(one.acks for one in messages)
        house.queue.put([second])
        await stored(house, source)
        await until(lambda: all(one.acks for one in messages))


async def test_a_duplicate_is_acknowledged_and_its_source_told_the_mark(house: House) -> None:
    source = Source()
    source.fill(4, 5)
    house.store(source)
    [message] = house.queue.put(source.segments[1:2])
    async with running(house):
        await until(lambda: bool(message.acks))
    assert {notice.number for notice in house.notices.of("committed")} == {4}
    assert_exactly_once(house, source)


async def test_a_conflict_is_refused_kept_and_stops_its_source(house: House) -> None:
    source, impostor = Source(), Source()
    source.fill(4, 5)
    impostor.fill(4, 6)
    house.store(source)
    [message] = house.queue.put(impostor.segments[2:3])
    async with running(house):
        await until(lambda: bool(message.acks))
    [notice] = house.notices.of("conflict")
    assert (notice.number, notice.header_hash) == (4, source.segments[3].header.hash().hex())
    [kept] = house.historian.refused_segments(ACTOR).items
    assert (kept.kind, kept.number, kept.data) == ("conflict", 3, message.data)
    assert_exactly_once(house, source)


async def test_damaged_forged_and_unknown_segments_are_kept_for_inspection(house: House) -> None:
    source, stranger = Source(), Source("stranger")
    source.fill(2, 5)
    stranger.fill(1, 5)
    house.know(source)
    damaged = bytearray(encode_segment(source.segments[0]))
    damaged[-1] ^= 1
    house.queue.put([bytes(damaged), bytes(damaged), b"nonsense", stranger.segments[0]])
    house.queue.put(source.segments)
    async with running(house):
        await stored(house, source)
        await until(lambda: all(one.acks for one in house.queue.messages))
    kept = house.historian.refused_segments(ACTOR).items
    assert [(one.source, one.times) for one in kept] == [("edge-1", 2), ("", 1), ("stranger", 1)]
    assert "not those that were signed" in kept[0].reason
    page = house.historian.refused_segments(ACTOR, PageRequest(1))
    assert len(page.items) == 1
    behind = house.historian.refused_segments(ACTOR, PageRequest(1, page.next)).items
    assert behind[0].id == kept[1].id
    assert_exactly_once(house, source)


async def test_refused_segments_take_only_so_many_bytes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "REFUSED_BYTES_MAX", 100)
    house.queue.put([bytes([number]) * 40 for number in range(5)])
    async with running(house):
        await until(lambda: all(one.acks for one in house.queue.messages))
    kept = house.historian.refused_segments(ACTOR).items
    assert [one.data[0] for one in kept] == [3, 4]


async def test_without_room_nothing_is_acknowledged_until_there_is_room_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_directory: object, _floor: int) -> None:
        msg = "cannot write: 1 MB is free"
        raise FreeSpaceLow(msg)

    real = commit.require_free_space
    monkeypatch.setattr(commit, "require_free_space", no_room)
    source = Source()
    source.fill(3, 5)
    house.know(source)
    house.queue.put(source.segments)
    async with running(house):
        await until(lambda: not house.health.report().is_ok)
        assert "1 MB is free" in house.health.report().checks["intake"]
        assert not any(one.acks for one in house.queue.messages)
        monkeypatch.setattr(commit, "require_free_space", real)
        await stored(house, source)
        await until(lambda: house.health.report().is_ok)
    assert_exactly_once(house, source)


async def test_a_commit_takes_at_most_so_many_readings(house: House) -> None:
    source = Source()
    source.fill(10, 30)
    house.know(source)
    house.queue.put(source.segments)
    async with running(house, IntakeLimits(commit_ms=2_000, commit_readings_max=90)):
        await stored(house, source)
    with house.database.read() as connection:
        known = [one.known_at for one in house.manifest.headers(connection, 1, 1, 10)]
    assert sorted(known.count(instant) for instant in set(known)) == [1, 3, 3, 3]


async def test_a_beat_is_noted_and_answered_with_the_mark(house: House) -> None:
    source = Source()
    source.fill(2, 5)
    house.store(source)
    beat = Beat(source.name, 1, 10, Instant(123))
    async with running(house) as intake:
        await intake.on_beat(sign_beat(beat, Source("forger").key))
        await intake.on_beat(sign_beat(beat, source.key))
        await until(lambda: house.historian.last_beat(ACTOR, source.name) is not None)
    noted = house.historian.last_beat(ACTOR, source.name)
    assert (noted.mark, noted.at, noted.received_at) == (10, 123, house.clock.now())
    assert house.notices.of("committed")[-1].number == 2


async def test_enrolment_is_answered_with_what_identity_says(house: House) -> None:
    request, said = EnrolRequest("edge-1", "", "", ""), EnrolAnswer("accepted", 1, 2, 10)
    intake = house.intake()
    answer = await intake.on_enrol(encode(request), lambda asked: {request: said}[asked])
    refused = await intake.on_enrol(b"{", lambda _: said)
    assert decode(answer, EnrolAnswer) == said
    assert decode(refused, EnrolAnswer).state == "refused"


async def test_a_restart_goes_on_where_it_was(house: House) -> None:
    source = Source()
    source.fill(10, 5)
    house.know(source)
    house.queue.put(source.segments[:4])
    async with running(house):
        await until(lambda: number_of(house, source) == 4)
    house.queue.put(source.segments)
    async with running(house):
        await stored(house, source)
    assert_exactly_once(house, source)


async def test_commits_are_prepared_ahead_and_registered_in_order(house: House) -> None:
    """One segment per commit: each is prepared beside the registration of the one before."""
    source = Source()
    house.know(source)
    source.fill(segments=12, size=5)
    messages = house.queue.put(source.segments)
    async with running(house, IntakeLimits(commit_ms=1, commit_readings_max=5)):
        await until(lambda: all(message.acks for message in messages))
    numbers = [notice.number for notice in house.notices.of("committed")]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 12
    totals = house.historian.totals(ACTOR)
    assert (totals.records, totals.lost, totals.duplicated) == (60, 0, 0)


async def test_so_many_are_prepared_ahead_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing can be registered, the segments that are left wait."""
    source, prepared, gate = Source(), [], threading.Event()
    prepare, register = house.committer.prepare, house.committer.register

    def noted(*arguments: Any) -> Commit:
        prepared.append(arguments)
        return prepare(*arguments)

    def held_back(commit: Commit) -> Committed:
        gate.wait(10)
        return register(commit)

    monkeypatch.setattr(house.committer, "prepare", noted)
    monkeypatch.setattr(house.committer, "register", held_back)
    house.know(source)
    source.fill(segments=12, size=5)
    house.queue.put(source.segments)
    at_once = program.PREPARED_MAX + 1
    async with running(house, IntakeLimits(commit_ms=1, commit_readings_max=5)) as intake:
        await until(lambda: len(prepared) == at_once and len(intake._waiting) == 12 - at_once)
        gate.set()
        await stored(house, source)
    assert_exactly_once(house, source)


async def test_memory_is_given_back_at_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    source, released = Source(), []
    house.know(source)
    source.fill(segments=1)
    monkeypatch.setattr(program, "TICK_S", 0.005)
    monkeypatch.setattr(program, "RELEASE_S", 0.05)
    release = program.memory.release
    monkeypatch.setattr(program.memory, "release", lambda: released.append(release()))
    house.queue.put(source.segments)
    async with running(house):
        await stored(house, source)
        seen = len(released)
        await until(lambda: len(released) > seen + 1)
