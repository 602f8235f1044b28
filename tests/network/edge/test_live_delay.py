"""From the line on the socket to the live subject, over the real bus, at 2,000 observations/s."""

import asyncio
import time

import pytest

from lineshaft.core.messages import SEGMENTS_STREAM, LiveBatch, decode
from lineshaft.infrastructure.bus import Bus
from tests.network.edge.test_bus_contract import nats_url, stream
from tests.network.edge.test_edge import Machine, MakeConfig, running
from tests.network.simulated import until

__all__ = ["nats_url"]

RATE, COUNT = 2_000, 4_000
P99_MS_MAX = 100.0
"""The promise of an open page; `make bench` measures the figure on a quiet machine."""


@pytest.mark.engine
@pytest.mark.timeout(30)
async def test_live_values_are_there_at_once(edge_config: MakeConfig, nats_url: str) -> None:
    sent_s: dict[int, float] = {}
    delays_ms: list[float] = []

    async def receive(message: object) -> None:
        now_s = time.monotonic()
        for value in decode(message.data, LiveBatch).values:
            delays_ms.append(1_000 * (now_s - sent_s[int(value.number)]))

    async with Bus(nats_url, name="test") as bus, Machine() as machine:
        await bus.wait_connected(10)
        await bus.ensure_stream(stream())
        await bus.subscribe("live.edge-1", receive)
        config = edge_config(machine.port, hold=False, stop_s=0.1, seal_s=1.0)
        async with running(config, bus):
            await asyncio.wait_for(machine.connected.wait(), 5)
            start_s = time.monotonic()
            for i in range(0, COUNT, 4):
                await asyncio.sleep(max(0.0, start_s + i / RATE - time.monotonic()))
                for j in range(i, i + 4):
                    sent_s[j] = time.monotonic()
                stamp = f"2017-06-22T00:00:{i / 1_000:09.6f}Z"
                await machine.say(f"{stamp}|Xabs|{i}|Yabs|{i + 1}|Zabs|{i + 2}|Fact|{i + 3}")
            await until(lambda: len(delays_ms) > COUNT / 20)
    delays_ms.sort()
    p50, p99 = delays_ms[len(delays_ms) // 2], delays_ms[int(len(delays_ms) * 0.99)]
    print(f"live delay of {len(delays_ms)} values in {SEGMENTS_STREAM}: {p50:.1f}, {p99:.1f} ms")
    assert p99 < P99_MS_MAX
