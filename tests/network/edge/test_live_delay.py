"""From the line on the socket to the live subject, over the real bus, at 2,000 observations/s."""

import asyncio
import time

import pytest

from lineshaft.core.messages import LiveBatch, decode
from lineshaft.infrastructure.bus import Bus
from tests.network.edge.test_bus_contract import nats_url, stream
from tests.network.edge.test_edge import Machine, MakeConfig, running
from tests.network.simulated import until

__all__ = ["nats_url"]

RATE, COUNT = 2_000, 4_000
LAST = frozenset(range(COUNT - 4, COUNT))


@pytest.mark.engine
@pytest.mark.timeout(30)
async def test_live_values_do_not_wait_for_their_segment(
    edge_config: MakeConfig, nats_url: str
) -> None:
    """The latest value of each signal arrives, and each signal's values in order.

    How soon is measured by `make bench ONLY=live_delay_p99`.
    """
    seen: list[int] = []

    async def receive(message: object) -> None:
        seen.extend(int(value.number) for value in decode(message.data, LiveBatch).values)

    async with Bus(nats_url, name="test") as bus, Machine() as machine:
        await bus.wait_connected(10)
        await bus.ensure_stream(stream())
        await bus.subscribe("live.edge-1", receive)
        config = edge_config(machine.port, hold=False, stop_s=0.1, seal_s=60.0)
        async with running(config, bus) as edge:
            await asyncio.wait_for(machine.connected.wait(), 5)
            start_s = time.monotonic()
            for i in range(0, COUNT, 4):
                await asyncio.sleep(max(0.0, start_s + i / RATE - time.monotonic()))
                stamp = f"2017-06-22T00:00:{i / 1_000:09.6f}Z"
                await machine.say(f"{stamp}|Xabs|{i}|Yabs|{i + 1}|Zabs|{i + 2}|Fact|{i + 3}")
            await until(lambda: set(seen) >= LAST)
            await until(lambda: edge.status.last_sequence == COUNT)
    for remainder in range(4):
        of_signal = [number for number in seen if number % 4 == remainder]
        assert of_signal == sorted(of_signal)
        assert len(of_signal) > 10
