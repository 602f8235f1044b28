"""The client records usage: exact, again after a broken connection, in several requests."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from lineshaft.client import Client, client
from lineshaft.core.errors import Conflict, Invalid
from lineshaft.platform.historian.usage.model import BATCH_EVENTS_MAX
from tests.client.conftest import serving
from tests.platform.historian.house import START, House
from tests.platform.historian.test_usage_api import Gate
from tests.platform.historian.usage_house import ENERGY, PRODUCER, event, total


@pytest.fixture
def url(house: House) -> Iterator[str]:
    with serving(Gate(house)) as url:
        yield url


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("usage"))


class Deaf(httpx.BaseTransport):
    """The network, which delivers each request and loses the first answers."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self._network = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._network.handle_request(request)
        if self.lost:
            self.lost -= 1
            answer.read()
            raise httpx.ReadError("the connection broke")
        return answer

    def close(self) -> None:
        self._network.close()


def test_events_are_recorded_and_read_back(house: House, url: str) -> None:
    at = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    sent = [
        {"id": "a", "signal": ENERGY, "ts": at, "value": Decimal("0.10")},
        {"id": "b", "signal": ENERGY, "ts": START, "value": 3},
        {"id": "c", "signal": "m1/state", "ts": "2027-03-01T00:00:00Z", "text": "RUN"},
    ]
    with Client(url, "engineer") as hub:
        answers = hub.record_usage(PRODUCER, sent)
        assert [one["outcome"] for one in answers] == ["stored"] * 3
        assert [one["outcome"] for one in hub.record_usage(PRODUCER, sent)] == ["duplicate"] * 3
        assert [(one["id"], one["sequence"]) for one in hub.usage(PRODUCER)] == [
            ("a", 1),
            ("b", 2),
            ("c", 3),
        ]
        with pytest.raises(Conflict, match="event 0"):
            hub.record_usage(PRODUCER, [sent[0] | {"value": 7}])
        each = hub.record_usage(PRODUCER, [event(1, "12,5")], mode="each")
        assert each[0]["outcome"] == "refused"
        with pytest.raises(Invalid, match=r"'a': 0\.1 is a binary float"):
            hub.record_usage(PRODUCER, [sent[0] | {"value": 0.1}])
    assert total(house) == Decimal("3.1")


def test_a_lost_answer_counts_once(house: House, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(url, "engineer", transport=Deaf(lost=2)) as hub:
        monkeypatch.setattr(hub._connection, "_sleep", lambda _s: None)
        answers = hub.record_usage(PRODUCER, [event(1), event(2)])
    assert [one["outcome"] for one in answers] == ["duplicate"] * 2
    assert total(house) == 10


def test_many_events_go_in_several_requests(
    house: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.USAGE_EVENTS_MAX <= BATCH_EVENTS_MAX
    monkeypatch.setattr(client, "USAGE_EVENTS_MAX", 4)
    with Client(url, "engineer") as hub:
        answers = hub.record_usage(PRODUCER, (event(number) for number in range(10)))
    assert [one["sequence"] for one in answers] == list(range(1, 11))
    assert total(house) == 50
