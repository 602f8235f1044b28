"""A hub's API on a socket of its own, and a client that asks it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from lineshaft.client import Client
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import RefusalDetail
from tests.platform.historian.asking import Desk, desk_of
from tests.platform.historian.house import SECOND, START, House, Source

TOKEN = "worker"


@dataclass
class Served:
    """A store behind an address."""

    house: House
    url: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    house = House(tmp_path_factory.mktemp("client"))
    source = Source()
    source.fill(segments=50)
    source.add("m1/state", START, None, None, text="ACTIVE")
    for number in range(3):
        refused = RefusalDetail.of(f"no number {number}", b"12,5").encode()
        at = START + number * SECOND
        source.add("m1/$refused", at, None, kind=RecordKind.REFUSAL, text=refused)
    source.seal()
    house.store(source)
    with serving(desk_of(house)) as url:
        yield Served(house, url)


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """Serve a desk on a free port, and give its address."""
    config = uvicorn.Config(desk.app, host="127.0.0.1", port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.url, TOKEN) as client:
        yield client


class Breaking(httpx.BaseTransport):
    """The network, which breaks: some requests are not sent, some answers are cut.

    Attributes:
        unsent: so many first requests fail.
        cut_at: of the following answers, so many bytes arrive before the connection breaks.
    """

    def __init__(self, unsent: int = 0, cut_at: tuple[int, ...] = ()) -> None:
        self.unsent, self.cut_at = unsent, list(cut_at)
        self.requests: list[httpx.Request] = []
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.unsent:
            self.unsent -= 1
            raise httpx.ConnectError("no route", request=request)
        response = self._network.handle_request(request)
        if self.cut_at:
            response.stream = Cut(response.stream, self.cut_at.pop(0))
        return response

    def close(self) -> None:
        self._network.close()


class Cut(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, body: httpx.SyncByteStream, bytes_left: int) -> None:
        self._body, self._left = body, bytes_left

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left <= 0:
                raise httpx.ReadError("connection reset")

    def close(self) -> None:
        self._body.close()
