"""The edge as a whole: a machine on a socket, a real spool, a hub that verifies like intake."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lineshaft.core.clock import ManualClock
from lineshaft.core.messages import LiveBatch, Notice, decode, encode, notice_subject
from lineshaft.core.period import US_PER_S, parse_instant
from lineshaft.core.reading import RecordKind, StatusCode
from lineshaft.core.segment.beat import verify_beat
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.connectors.mtconnect.replay import ReplayConfig, Replayer
from lineshaft.network.connectors.service import sample_day
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.edge.service import Edge
from lineshaft.network.edge.spool import Spool
from lineshaft.network.uplink import UplinkState
from tests.network.simulated import SimulatedBus, SimulatedHub, SimulatedMessage, until

MakeConfig = Callable[..., EdgeConfig]
READING, REFUSAL, COUNT, STATUS = (
    RecordKind.READING,
    RecordKind.REFUSAL,
    RecordKind.COUNT,
    RecordKind.STATUS,
)


@asynccontextmanager
async def replaying(path: Path, **more: object) -> AsyncIterator[Replayer]:
    replayer = Replayer(ReplayConfig(path=path, speed=None, **more))
    await replayer.start()
    try:
        yield replayer
    finally:
        await replayer.stop()


@asynccontextmanager
async def running(
    config: EdgeConfig, bus: SimulatedBus, clock: object = None, health: Health | None = None
) -> AsyncIterator[Edge]:
    edge = Edge(config, bus, clock or SystemClock(), health or Health())
    stop = asyncio.Event()
    task = asyncio.create_task(edge.run(stop))
    try:
        yield edge
    finally:
        stop.set()
        await task


class Machine:
    """An adapter that says what the test says."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> "Machine":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.hang_up()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.connected.set()
        while await reader.read(1_000):
            pass
        writer.close()

    async def say(self, *lines: str) -> None:
        await asyncio.wait_for(self.connected.wait(), 5)
        self._writer.write("".join(f"{line}\n" for line in lines).encode())
        await self._writer.drain()

    async def hang_up(self) -> None:
        if self._writer is not None:
            self.connected.clear()
            self._writer.close()


@pytest.mark.timeout(120)
async def test_the_day_has_its_golden_numbers(edge_config: MakeConfig) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    async with (
        replaying(sample_day()[0], hold=5_000) as replayer,
        running(edge_config(replayer.port, stop_s=30.0), bus) as edge,
    ):
        await asyncio.wait_for(replayer.finished.wait(), 55)
    kinds = Counter(r.kind for r in hub.records)
    assert kinds == {READING: 100_158, REFUSAL: 21, COUNT: 1}
    assert edge.status.skew_corrected == 64
    assert sum(r.kind is READING and r.own_ts is not None for r in hub.records) == 64
    assert [r.sequence for r in hub.records] == list(range(1, 100_181))
    assert {r.signal for r in hub.records if r.kind is REFUSAL} == {"mazak01/$refused"}
    cut_time = [r for r in hub.records if r.signal == "mazak01/cut_time"]
    assert [r.ordinal for r in cut_time] == list(range(1, len(cut_time) + 1))
    assert (cut_time[-1].kind, cut_time[-1].mantissa) == (COUNT, 11_375 + 1)
    assert hub.chains[1].number >= 101
    assert not [r for r in hub.records if r.kind is STATUS]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nothing_is_lost_or_doubled_on_a_bus_that_does_both(
    edge_config: MakeConfig, tmp_path: Path, seed: int
) -> None:
    lines = [f"2017-06-22T00:00:00.{i:06d}Z|cut_time|{i}" for i in range(8_000)]
    (tmp_path / "day.txt").write_text("\n".join(lines))
    bus = SimulatedBus(seed, loss=0.2, double=0.2)
    hub = SimulatedHub(bus)
    async with (
        replaying(tmp_path / "day.txt", hold=2_000) as replayer,
        running(edge_config(replayer.port), bus),
    ):
        await asyncio.sleep(bus.random.random() / 5)
        await bus.cut()
        await asyncio.sleep(0.05)
        await bus.mend()
        await asyncio.wait_for(replayer.finished.wait(), 8)
        await until(lambda: hub.chains[1].sequence == 8_000)
    assert [r.mantissa for r in hub.records if r.kind is READING] == list(range(8_000))


async def test_live_values_come_while_the_hub_stores_nothing(edge_config: MakeConfig) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    hub.is_committing = False
    async with Machine() as machine, running(edge_config(machine.port, hold=False), bus):
        await machine.say(
            "2017-06-22T00:00:00Z|Xabs|1.50|execution|ACTIVE", "2017-06-22T00:00:01Z|Xabs|1.75"
        )

        def shown() -> dict[str, tuple[str, float | None]]:
            batches = [
                decode(m.data, LiveBatch) for m in bus.published if m.subject == "live.edge-1"
            ]
            return {v.signal: (v.display, v.number) for b in batches for v in b.values}

        await until(lambda: len(shown()) == 2)
        await until(
            lambda: (
                shown() == {"mazak01/Xabs": ("1.75", 1.75), "mazak01/execution": ("ACTIVE", None)}
            )
        )


async def test_a_lost_connection_of_a_live_machine_is_a_status_at_that_instant(
    edge_config: MakeConfig,
) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    start = parse_instant("2027-01-01T00:00:00Z")
    clock = ManualClock(start)
    config = edge_config(0, hold=False)
    async with Machine() as machine:
        config = edge_config(machine.port, is_live=True, hold=False)
        async with running(config, bus, clock):
            await machine.say("2027-01-01T00:00:00Z|Xabs|1|Yabs|2")
            await until(lambda: len(hub.records) == 2)
            clock.advance(60 * US_PER_S)
            await machine.hang_up()
            await until(lambda: len(hub.records) == 4)
            lost = hub.records[2:]
            assert {(r.kind, r.signal, r.ts, r.status) for r in lost} == {
                (STATUS, s, start + 60 * US_PER_S, StatusCode.BAD_NO_COMMUNICATION)
                for s in ("mazak01/Xabs", "mazak01/Yabs")
            }
            clock.advance(60 * US_PER_S)
            await machine.say("2027-01-01T00:02:00Z|Xabs|3")
            await until(lambda: len(hub.records) == 5)
    # at the clean stop, only the signal that had come back is said to be gone again
    assert [(r.signal, r.kind) for r in hub.records[5:]] == [("mazak01/Xabs", STATUS)]


async def test_after_an_unclean_stop_live_signals_are_gone_since_the_last_beat(
    edge_config: MakeConfig,
) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    clock = ManualClock(parse_instant("2027-01-01T00:00:00Z"))
    async with Machine() as machine:
        config = edge_config(machine.port, is_live=True, hold=False)
        edge = Edge(config, bus, clock, Health())
        task = asyncio.create_task(edge.run(asyncio.Event()))
        await machine.say("2027-01-01T00:00:00Z|Xabs|1", "2026-12-31T23:59:30Z|Yabs|1")
        await until(lambda: len(hub.records) == 2)
        task.cancel()  # no clean stop: the spool stays marked as open
        await asyncio.gather(task, return_exceptions=True)
        beat_at = clock.now()
        clock.advance(3_600 * US_PER_S)
        async with running(config, bus, clock):
            await until(lambda: len(hub.records) >= 4)
    statuses = [r for r in hub.records if r.kind is STATUS]
    assert {(r.signal, r.ts) for r in statuses} == {
        ("mazak01/Xabs", beat_at),
        ("mazak01/Yabs", beat_at),
    }


async def test_metered_series_are_counted_each_hour(edge_config: MakeConfig) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    clock = ManualClock(parse_instant("2027-01-01T00:59:00Z"))
    async with Machine() as machine, running(edge_config(machine.port, hold=False), bus, clock):
        await machine.say(
            "2017-06-22T00:00:00Z|cut_time|1|Xabs|5", "2017-06-22T00:00:01Z|cut_time|2"
        )
        await until(lambda: len(hub.records) == 3)
        clock.advance(120 * US_PER_S)
        await until(lambda: len(hub.records) == 4)
        assert (hub.records[3].kind, hub.records[3].signal) == (COUNT, "mazak01/cut_time")
        assert (hub.records[3].mantissa, hub.records[3].ts) == (3, clock.now())
    assert [r.mantissa for r in hub.records[4:]] == [4]


async def test_beats_are_signed_and_say_how_far_the_spool_has_come(edge_config: MakeConfig) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    async with Machine() as machine, running(edge_config(machine.port, hold=False), bus):
        await machine.say("2017-06-22T00:00:00Z|Xabs|1|Yabs|2|Zabs|3")

        def marks() -> list[int]:
            beats = [m.data for m in bus.published if m.subject == "beat.edge-1"]
            return [verify_beat(data, hub.key).mark for data in beats]

        await until(lambda: bool(marks()) and marks()[-1] == 3)


async def at_rest(figure: Callable[[], int], quiet_s: float = 0.2) -> int:
    """Return a figure once it has not changed for a while."""
    before = -1
    while (now := figure()) != before:
        before = now
        await asyncio.sleep(quiet_s)
    return now


async def test_a_full_spool_holds_the_machine_and_says_so(
    edge_config: MakeConfig, tmp_path: Path
) -> None:
    count = 15_000
    lines = [f"2017-06-22T00:00:00.{i:06d}Z|cut_time|{i}" for i in range(count)]
    (tmp_path / "day.txt").write_text("\n".join(lines))
    bus, health = SimulatedBus(), Health()
    hub = SimulatedHub(bus)
    hub.is_committing = False
    async with replaying(tmp_path / "day.txt") as replayer:
        config = edge_config(replayer.port, hold=False, spool_bytes_max=100_000)
        async with running(config, bus, health=health) as edge:
            await until(lambda: edge.status.is_full)
            assert "full" in health.report().checks["spool"]
            # what was under way when the spool became full may still pass, no more
            assert await at_rest(lambda: edge.status.last_sequence) < count
            assert edge.status.spool_bytes < 100_000 + 8_000 * 60
            hub.is_committing = True
            await until(lambda: hub.chains[1].sequence == count)
            assert health.report().checks["spool"] == ""
            assert not edge.status.is_full
    assert [r.mantissa for r in hub.records if r.kind is READING] == list(range(count))


async def test_an_edge_that_waits_spools_and_sends_once_it_is_let_in(
    edge_config: MakeConfig,
) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus, is_accepting=False)
    async with Machine() as machine, running(edge_config(machine.port, hold=False), bus) as edge:
        await machine.say("2017-06-22T00:00:00Z|Xabs|1")
        await until(lambda: edge.status.last_sequence == 1)
        await until(lambda: edge.status.hub is UplinkState.WAITING)
        hub.is_accepting = True
        await until(lambda: len(hub.records) == 1)


async def test_an_edge_from_a_backup_stops_and_goes_on_in_a_new_epoch(
    edge_config: MakeConfig,
) -> None:
    bus, health = SimulatedBus(), Health()
    hub = SimulatedHub(bus)
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus):
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: len(hub.records) == 1)
        backup = {p: p.read_bytes() for p in config.directory.iterdir()}
        await machine.hang_up()
        async with running(config, bus):
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            await until(lambda: len(hub.records) == 2)
        await machine.hang_up()
        for path in config.directory.iterdir():
            path.unlink()
        for path, data in backup.items():
            path.write_bytes(data)
        async with running(config, bus, health=health) as edge:
            await machine.say("2017-06-22T00:00:02Z|Xabs|3")
            await until(lambda: "administrator" in health.report().checks.get("hub", ""))
            await until(lambda: edge.status.last_sequence == 2)
            assert len(hub.records) == 2
            hub.is_epoch_granted = True
            await until(lambda: len(hub.records) == 3)
            assert edge.status.epoch == 2
    assert [r.mantissa for r in hub.records] == [1, 2, 3]
    assert (hub.records[2].sequence, hub.records[2].ordinal) == (1, 1)
    assert hub.chains[1].salt_secret != hub.chains[2].salt_secret


async def test_a_conflict_notice_renumbers_what_the_hub_does_not_have(
    edge_config: MakeConfig,
) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus) as edge:
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: len(hub.records) == 1)
            # the hub gets a segment 2 of somebody else with the same key
            chain = hub.chains[1]
            chain.number, chain.sequence = 2, 2
            chain.hashes[2] = chain.hash = bytes(32)
            hub.is_epoch_granted = True
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            await until(lambda: edge.status.epoch == 2 and len(hub.chains[2].records) == 1)
    assert [r.mantissa for r in hub.chains[2].records] == [2]


async def test_a_conflict_of_somebody_else_does_not_stop_an_edge(edge_config: MakeConfig) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus) as edge:
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: len(hub.records) == 1)
            last = hub.chains[1]
            notice = Notice("conflict", 1, last.number, last.sequence, last.hash.hex())
            await bus.publish(notice_subject(config.source), encode(notice))
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            await until(lambda: len(hub.records) == 2)
            assert edge.status.epoch == 1


@pytest.mark.parametrize("is_restored", [False, True])
async def test_what_a_hub_misses_below_the_mark_is_old_or_of_a_restored_hub(
    edge_config: MakeConfig, is_restored: bool
) -> None:
    bus, health = SimulatedBus(), Health()
    hub = SimulatedHub(bus)
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus, health=health) as edge:
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: len(hub.records) == 1)
            old = Notice("missing", 1, 0, 0, "")
            if is_restored:
                hub.chains[1].number = hub.chains[1].sequence = 0
            await until(lambda: edge.status.mark_sequence == 1)
            await bus.publish(notice_subject(config.source), encode(old))
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            if is_restored:
                await until(lambda: "administrator" in health.report().checks["hub"])
            else:
                await until(lambda: len(hub.records) == 2)
            assert len(hub.records) == (1 if is_restored else 2)
            assert edge.status.epoch == 1


async def test_a_notice_that_overtakes_an_answer_is_no_other_history(
    edge_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub says how far it is, then stores more and says so, and that is heard first."""
    bus, health = SimulatedBus(), Health()
    hub = SimulatedHub(bus)
    on_its_way: list[SimulatedMessage] = []
    ask = bus.request

    async def hold_back(message: SimulatedMessage) -> None:
        on_its_way.append(message)

    async def answer_late(subject: str, data: bytes) -> bytes:
        answer = await ask(subject, data)
        bus.on_segment = hub.receive
        while on_its_way:
            await hub.receive(on_its_way.pop(0))
        return answer

    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus, health=health) as edge:
            await until(lambda: "hub" in health.report().checks)
            bus.on_segment = hold_back
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: bool(on_its_way))
            monkeypatch.setattr(bus, "request", answer_late)
            await bus.mend()
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            await until(lambda: len(hub.records) == 2)
            assert (edge.status.epoch, health.report().checks["hub"]) == (1, "")


async def test_a_clean_stop_without_a_hub_is_in_time_and_keeps_the_spool(
    edge_config: MakeConfig,
) -> None:
    bus = SimulatedBus()
    SimulatedHub(bus)
    await bus.cut()
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, stop_s=0.1)
        async with asyncio.timeout(5):
            async with running(config, bus) as edge:
                await machine.say("2017-06-22T00:00:00Z|Xabs|1")
                await until(lambda: edge.status.last_sequence == 1)
    spool = Spool(config.spool_path, config.source)
    assert spool.pending_count == 1
    assert not spool.was_unclean
    spool.close(is_clean=True)


async def test_an_edge_that_lost_its_spool_goes_on_in_a_new_epoch_with_all_that_is_new(
    edge_config: MakeConfig,
) -> None:
    bus, health = SimulatedBus(), Health()
    hub = SimulatedHub(bus)
    async with Machine() as machine:
        config = edge_config(machine.port, hold=False, metered_signals=frozenset())
        async with running(config, bus):
            await machine.say("2017-06-22T00:00:00Z|Xabs|1")
            await until(lambda: len(hub.records) == 1)
        await machine.hang_up()
        for path in config.directory.glob("edge-1.sqlite*"):
            path.unlink()
        async with running(config, bus, health=health):
            await machine.say("2017-06-22T00:00:01Z|Xabs|2")
            await until(lambda: "administrator" in health.report().checks.get("hub", ""))
            hub.is_epoch_granted = True
            await until(lambda: len(hub.records) == 2)
    assert [(r.sequence, r.mantissa) for r in hub.records] == [(1, 1), (1, 2)]
    assert list(hub.chains) == [1, 2]
