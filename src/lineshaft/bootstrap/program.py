"""What all programs of an installation share: their life, their telemetry, the bus of the hub."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from lineshaft.bootstrap.local_bus import hub_url
from lineshaft.bootstrap.supervision import ready_path
from lineshaft.infrastructure.bus import Bus
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.processes import be_steady
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.tasks import cancel
from lineshaft.infrastructure.telemetry import Health, TelemetryServer, configure_logging


@asynccontextmanager
async def hub_bus(settings: Settings, name: str) -> AsyncIterator[Bus]:
    """Connect a process of the hub to the bus; the connection is made again for ever."""
    timeout_s = settings.bus_timeout_ms / 1_000
    async with Bus(hub_url(settings), name=name, timeout_s=timeout_s) as bus:
        yield bus


async def until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Run until stopped; an error of the work ends it, and the supervisor starts it anew."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await cancel(stopping, working)
    if not working.cancelled():
        working.result()


def run_program(
    settings: Settings,
    name: str,
    body: Callable[[asyncio.Event, Health], Coroutine[Any, Any, None]],
) -> None:
    """Run the body of a program until SIGTERM or SIGINT, with its telemetry beside it."""
    configure_logging(name, level=settings.log_level, log_format=settings.log_format)
    health = Health()
    with TelemetryServer(health) as telemetry:
        make_dir(settings.run_dir)

        async def main() -> None:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            write_durably(ready_path(settings, name), f"{telemetry.port}\n".encode())
            await body(stop, health)

        be_steady()
        asyncio.run(main())
