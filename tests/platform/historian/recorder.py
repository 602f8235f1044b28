"""A process that records usage events, to be killed: `python -m tests.platform.historian.recorder`.

Arguments: the directory of the store. Each line of the input is the number of a batch; when the
batch is recorded, and not before, its number and how many events were new and known is written.
"""

import sys
import threading
from pathlib import Path

from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.platform.historian.usage.model import UsageMode
from tests.platform.historian.house import House
from tests.platform.historian.usage_house import ENGINEER, PRODUCER, events, outcomes, usage_of

BATCH = 50
THREADS = 3


def record(directory: Path) -> None:
    house = House(directory)
    house.use(house.clock, RandomIds(SystemClock()))
    usage = usage_of(house)
    reading, writing = threading.Lock(), threading.Lock()

    def work() -> None:
        while True:
            with reading:
                line = sys.stdin.readline()
            if not line:
                return
            batch = int(line)
            sent = events(BATCH, batch * BATCH)
            said = outcomes(usage.record(ENGINEER, PRODUCER, sent, UsageMode.ATOMIC))
            with writing:
                print(batch, said.count("stored"), said.count("duplicate"), flush=True)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    record(Path(sys.argv[1]))
