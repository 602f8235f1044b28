"""Usage events over the API: how many per second become durable, each id known for ever.

Batches of 1,000 events of a hundred signals, eight at a time. `usage_api` goes through the use
case with events as JSON has been read; `usage_api_http` adds everything before that: a process
that serves, sockets, tokens left out, JSON from its bytes. Both count what is stored afterwards.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bench.records import Promise
from lineshaft.core.period import Instant, format_instant
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.platform.historian.usage import api
from lineshaft.platform.historian.usage.claims import NumberText
from lineshaft.platform.historian.usage.model import UsageMode
from lineshaft.web import problems
from tests.platform.historian.house import ACTOR, SECOND, House
from tests.platform.historian.usage_house import ENGINEER, PRODUCER, usage_of

NAMES = ("usage_api", "usage_api_http")
RATE_MIN = 20_000
EVENTS, BATCH, SIGNALS, SENDERS = 200_000, 1_000, 100, 8
ROUNDS = 3
READY_S_MAX = 30.0


def measure() -> list[Promise]:
    """Measure both, each on stores of its own; medians."""
    direct = median(on_a_store(through_use_case) for _ in range(ROUNDS))
    served = median(on_a_store(over_http) for _ in range(ROUNDS))
    return [
        Promise.at_least("usage_api", direct, "events/s", RATE_MIN),
        Promise("usage_api_http", served, "events/s"),
    ]


def on_a_store(send: Callable[[Path, Sequence[list[dict[str, Any]]]], float]) -> float:
    """Send all batches to an empty store; return the rate once each event was found in it."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        now = SystemClock().now()
        batches = [batch_at(first, now) for first in range(0, EVENTS, BATCH)]
        elapsed_s = send(directory, batches)
        totals = house_in(directory).historian.totals(ACTOR)
        if not totals.records == totals.distinct == EVENTS:
            msg = f"{totals.records} records of {EVENTS} events"
            raise AssertionError(msg)
    return EVENTS / elapsed_s


def batch_at(first: int, now: Instant) -> list[dict[str, Any]]:
    """Return events with successive ids, a hundredth of a second apart, in the hour before now."""
    return [
        {
            "id": f"order-2027-{number:09d}",
            "signal": f"m{number % SIGNALS}/energy",
            "ts": format_instant(Instant(now - (EVENTS - number) * SECOND // 100)),
            "value": f"{number % 1_000}.{number % 97:02d}",
        }
        for number in range(first, first + BATCH)
    ]


def house_in(directory: Path) -> House:
    house = House(directory)
    house.use(SystemClock(), RandomIds(SystemClock()))
    return house


def through_use_case(directory: Path, batches: Sequence[list[dict[str, Any]]]) -> float:
    """Record batches from as many threads as senders; return the seconds that it took."""
    usage = usage_of(house_in(directory))
    for batch in batches:
        for event in batch:
            event["value"] = NumberText(event["value"])

    def send(batch: list[dict[str, Any]]) -> None:
        answer = usage.record(ENGINEER, PRODUCER, batch, UsageMode.ATOMIC)
        assert len(answer.receipts) == BATCH

    return sent_by_all(send, batches)


def over_http(directory: Path, batches: Sequence[list[dict[str, Any]]]) -> float:
    """Post batches to a process that serves the API; return the seconds that it took."""
    bodies = [json.dumps({"events": batch}).encode() for batch in batches]
    command = (sys.executable, "-m", "bench.promise_usage", str(directory))
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        url = f"http://127.0.0.1:{port}{api.PATH}?producer={PRODUCER}"
        with httpx.Client(headers={"content-type": api.JSON}, timeout=READY_S_MAX) as client:

            def send(body: bytes) -> None:
                client.post(url, content=body).raise_for_status()

            return sent_by_all(send, bodies)
    finally:
        server.terminate()
        server.wait()


def sent_by_all(send: Callable[[Any], None], batches: Sequence[Any]) -> float:
    with ThreadPoolExecutor(SENDERS) as pool:
        began_s = time.perf_counter()
        list(pool.map(send, batches))
        return time.perf_counter() - began_s


def serve(directory: Path) -> None:
    """Serve the API until SIGTERM; print the port once it listens."""
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(usage_of(house_in(directory)), lambda _request: ENGINEER))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
