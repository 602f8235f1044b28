"""The replayer: pace, hold, reconnection, stamps made anew."""
# ruff: noqa: SIM117 - nested blocks show who serves whom

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.network.connectors.mtconnect.replay import (
    HOLD_LINES_MAX,
    SPEED_MAX,
    RecordingInvalid,
    ReplayConfig,
    Replayer,
    main,
    parse_speed,
    read_lines,
    step_s,
)

NOW = parse_instant("2027-01-01T00:00:00Z")


@asynccontextmanager
async def replaying(
    config: ReplayConfig, clock: ManualClock | None = None
) -> AsyncIterator[Replayer]:
    replayer = Replayer(config, clock)
    await replayer.start()
    yield replayer
    await replayer.stop()


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)

    async def lines(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            return [(await self.reader.readline()).decode().rstrip() for _ in range(count)]

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(0.1):
                return not await self.reader.readline()
        except TimeoutError:
            return True

    def say(self, command: str) -> None:
        self.writer.write(f"* {command}\n".encode())


def recording(path: Path, count: int, step_us: int = 1) -> Path:
    lines = [f"{format_instant(Instant(NOW + i * step_us))}|Xabs|{i}" for i in range(count)]
    path.write_text("* shdrVersion: 2\n" + "\n\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("before", "after", "speed", "expected"),
    [
        (0, 500_000, 1, 0.5),
        (0, 500_000_000, 600, 500 / 600),
        (0, 3_600_000_000, 1, 1.0),
        (0, 3_600_000_000_000, 600, 1.0),
        (500_000, 0, 1, 0.0),
        (0, 500_000, None, 0.0),
        (None, 500_000, 1, 0.0),
    ],
)
def test_a_step_is_never_longer_than_a_second(
    before: int | None, after: int, speed: int | None, expected: float
) -> None:
    start = None if before is None else Instant(before)
    assert step_s(start, Instant(after), speed) == pytest.approx(expected)


async def test_the_pace_is_that_of_the_stamps(tmp_path: Path) -> None:
    path = recording(tmp_path / "day.txt", 1_200, 500_000)  # 10 minutes
    async with replaying(ReplayConfig(path=path, speed=600)) as replayer:
        async with Client(replayer.port) as client:
            start = time.monotonic()
            assert (await client.lines(1_200))[-1].endswith("|1199")
            assert 0.9 <= time.monotonic() - start < 3


async def test_gz_and_plain_are_the_same(tmp_path: Path) -> None:
    plain = recording(tmp_path / "day.txt", 5)
    packed = tmp_path / "day.txt.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_lines(plain)) == list(read_lines(packed))
    assert len(list(read_lines(plain))) == 5
    packed.write_bytes(packed.read_bytes()[:-10])
    with pytest.raises(RecordingInvalid):
        list(read_lines(packed))
    with pytest.raises(RecordingInvalid):
        list(read_lines(tmp_path / "nothing"))


async def test_hold_stays_so_many_lines_ahead_and_goes_on_from_the_position(tmp_path: Path) -> None:
    path = recording(tmp_path / "day.txt", 100)
    async with replaying(ReplayConfig(path=path, speed=None, hold=10)) as replayer:
        async with Client(replayer.port) as client:
            assert await client.hears_nothing()  # not before it knows where to begin
            client.say("POSITION 0")
            assert [line.split("|")[2] for line in await client.lines(10)] == [
                str(i) for i in range(10)
            ]
            assert await client.hears_nothing()
            client.say("POSITION 4")
            assert len(await client.lines(4)) == 4
            assert await client.hears_nothing()
        async with Client(replayer.port) as client:
            client.say("POSITION 95")
            assert [line.split("|")[2] for line in await client.lines(5)] == [
                str(i) for i in range(95, 100)
            ]
            assert not replayer.finished.is_set()
            client.say("POSITION 100")
            await asyncio.wait_for(replayer.finished.wait(), 5)


async def test_without_hold_a_new_client_takes_over_where_the_last_one_was(tmp_path: Path) -> None:
    path = recording(tmp_path / "day.txt", 4, 400_000)
    async with replaying(ReplayConfig(path=path, speed=1)) as replayer:
        async with Client(replayer.port) as client:
            assert (await client.lines(2))[1].endswith("|1")
            async with Client(replayer.port) as second:
                assert (await second.lines(1))[0].endswith("|2")
                assert await client.reader.read() == b""


async def test_it_answers_a_ping(tmp_path: Path) -> None:
    path = recording(tmp_path / "day.txt", 1)
    async with (
        replaying(ReplayConfig(path=path, hold=1)) as replayer,
        Client(replayer.port) as client,
    ):
        client.say("PING")
        assert await client.lines(1) == ["* PONG 10000"]


async def test_stamps_made_anew_look_live_and_a_new_client_gets_the_state(tmp_path: Path) -> None:
    path = recording(tmp_path / "day.txt", 3)
    clock = ManualClock(NOW)
    config = ReplayConfig(path=path, speed=None, is_restamped=True)
    async with replaying(config, clock) as replayer:
        async with Client(replayer.port) as client:
            assert await client.lines(3) == [f"2027-01-01T00:00:00Z|Xabs|{i}" for i in range(3)]
        clock.advance(1_000_000)
        async with Client(replayer.port) as client:
            assert await client.lines(1) == ["2027-01-01T00:00:01Z|Xabs|2"]


@pytest.mark.parametrize(
    "wrong", [{"speed": 0}, {"speed": SPEED_MAX + 1}, {"hold": 0}, {"hold": HOLD_LINES_MAX + 1}]
)
def test_senseless_settings_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(RecordingInvalid):
        ReplayConfig(path=tmp_path, **wrong)


def test_speeds() -> None:
    assert (parse_speed("1"), parse_speed("600"), parse_speed("max")) == (1, 600, None)
    with pytest.raises(RecordingInvalid):
        parse_speed("fast")


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "nothing")]) == 2
    assert "cannot read the recording" in capsys.readouterr().err
