"""A process with an intake on a real bus, to be killed: `python -m tests.platform.historian.taker`.

Arguments: the directory of the store, the URL of the bus, the names of the sources.
"""

import asyncio
import sys
from pathlib import Path

from lineshaft.infrastructure.bus import Bus
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.intake.bus import listen, segment_queue
from lineshaft.platform.historian.intake.program import Intake, IntakeLimits
from tests.platform.historian.house import House, Source


async def take(directory: Path, url: str, names: list[str]) -> None:
    house = House(directory, Database(f"sqlite:///{directory / 'hub.sqlite'}"))
    house.use(SystemClock(), RandomIds(SystemClock()))
    house.know(*(Source(name) for name in names))
    async with Bus(url, name="intake") as bus:
        await bus.wait_connected(10)
        intake = Intake(house.parts(), await segment_queue(bus), bus, IntakeLimits(commit_ms=10))
        await listen(bus, intake)
        await intake.run()


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
