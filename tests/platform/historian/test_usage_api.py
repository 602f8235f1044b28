"""Usage events over HTTP: both kinds of body, statuses, limits, problems, reading back."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from lineshaft.core.errors import Unauthorized
from lineshaft.platform.historian.usage import api
from lineshaft.platform.historian.usage.model import BATCH_EVENTS_MAX
from lineshaft.security.authorisation.model import Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.books import api as books_api
from lineshaft.valuechain.supplynetwork.versions import api as networks_api
from lineshaft.valuechain.versions.model import UPLOAD_BYTES_MAX
from lineshaft.web import main, problems
from tests.platform.historian.house import START, House
from tests.platform.historian.usage_house import ENGINEER, PRODUCER, event, total, usage_of

FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
ACTORS = {"engineer": ENGINEER, "finance": FINANCE, "customer": CUSTOMER}


class Gate:
    """The API of usage events, and who asks it."""

    def __init__(self, house: House) -> None:
        self.app = FastAPI()
        problems.answer_with_problems(self.app)
        self.app.include_router(api.router(usage_of(house), self._actor_of))

    def _actor_of(self, request: Request) -> Actor:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in ACTORS:
            raise Unauthorized("who is asking?")
        return ACTORS[token]

    async def post(self, body: Any, kind: str = api.JSON, **asked: Any) -> httpx.Response:
        token = asked.pop("token", "engineer")
        content = body if isinstance(body, bytes) else json.dumps({"events": body}).encode()
        async with self._client(token) as client:
            params = {"producer": PRODUCER} | asked
            headers = {"content-type": kind}
            return await client.post(api.PATH, content=content, params=params, headers=headers)

    async def get(self, **asked: Any) -> httpx.Response:
        async with self._client(asked.pop("token", "engineer")) as client:
            return await client.get(api.PATH, params={"producer": PRODUCER} | asked)

    def _client(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://hub.test",
            headers={"authorization": f"Bearer {token}"},
        )


@pytest.fixture
def gate(house: House) -> Gate:
    return Gate(house)


async def test_events_are_recorded_and_read_back_with_their_digits(
    gate: Gate, house: House
) -> None:
    body = b'{"events": [{"id": "a", "signal": "m1/energy", "ts": "2027-03-01T00:00:00Z", '
    body += b'"value": 12.10}, {"id": "b", "signal": "m1/state", "ts": "2027-03-01T00:00:01Z", '
    body += b'"text": "RUN"}]}'
    answer = await gate.post(body)
    assert answer.status_code == 200
    content = answer.json()
    assert content["counts"]["stored"] == 2
    assert content["known_at"] is not None
    assert content["events"][1] == {
        "id": "b",
        "outcome": "stored",
        "source": "api",
        "epoch": 1,
        "sequence": 2,
    }
    again = (await gate.post(body)).json()
    assert (again["counts"]["duplicate"], again["known_at"]) == (2, None)
    first = await gate.get(size=1)
    read = json.loads(first.text, parse_float=Decimal)
    assert read["events"] == [
        {
            "id": "a",
            "outcome": "stored",
            "signal": "m1/energy",
            "ts": "2027-03-01T00:00:00Z",
            "value": Decimal("12.10"),
            "text": None,
            "reason": None,
            "source": "api",
            "epoch": 1,
            "sequence": 1,
        }
    ]
    assert str(read["events"][0]["value"]) == "12.10"
    following = (await gate.get(after=read["next"])).json()
    assert [(one["id"], one["text"]) for one in following["events"]] == [("b", "RUN")]
    assert following["next"] is None
    chosen = (await gate.get(id=["b", "none"])).json()
    assert [one["id"] for one in chosen["events"]] == ["b"]
    assert total(house) == Decimal("12.1")


async def test_lines_are_events_and_a_broken_line_is_a_bad_one(gate: Gate, house: House) -> None:
    lines = [json.dumps(event(number)).encode() for number in range(3)]
    answer = await gate.post(b"\n".join(lines) + b"\n", api.NDJSON)
    assert answer.json()["counts"]["stored"] == 3
    bad = b"\n".join([json.dumps(event(3)).encode(), b'{"id": "x', b"", b"[" * 100_000])
    refused = await gate.post(bad, api.NDJSON)
    assert (refused.status_code, refused.json()["index"]) == (422, 1)
    each = await gate.post(bad, api.NDJSON, mode="each")
    assert each.status_code == 207
    said = [one["outcome"] for one in each.json()["events"]]
    assert said == ["stored", "rejected", "rejected", "rejected"]
    assert total(house) == 20
    assert (await gate.post(b"", api.NDJSON)).json()["events"] == []


async def test_a_conflict_is_409_and_names_the_event(gate: Gate) -> None:
    await gate.post([event(1)])
    answer = await gate.post([event(2), event(1, "6")])
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["error"], problem["index"], problem["id"]) == ("Conflict", 1, "e-1")
    each = await gate.post([event(2), event(1, "6")], mode="each")
    assert each.status_code == 207
    assert [one["outcome"] for one in each.json()["events"]] == ["stored", "conflict"]


@pytest.mark.parametrize("value", [b'"NaN"', b"NaN", b"1e999", b'""', b'"12,5"', b"-Infinity"])
async def test_bad_values_are_refused_by_index_or_numbered(gate: Gate, value: bytes) -> None:
    good = json.dumps(event(0)).encode()
    bad = b'{"id": "x", "signal": "m1/energy", "ts": "2027-03-01T00:00:00Z", "value": %s}' % value
    body = b'{"events": [%s, %s]}' % (good, bad)
    refused = await gate.post(body)
    assert (refused.status_code, refused.json()["index"]) == (422, 1)
    each = (await gate.post(body, mode="each")).json()
    assert each["counts"]["refused"] == 1
    (read,) = (await gate.get(id="x")).json()["events"]
    assert (read["outcome"], read["value"], read["sequence"]) == ("refused", None, 2)
    assert "cannot" in read["reason"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", api.JSON, 422),
        (b"[]", api.JSON, 422),
        (b'{"events": [], "more": 1}', api.JSON, 422),
        (b'{"events": {}}', api.JSON, 422),
        (b"[" * 100_000, api.JSON, 422),
        (b"\xff", api.JSON, 422),
        (b"{}", "text/csv", 415),
        (b"{}", "", 415),
        (b"\n" * BATCH_EVENTS_MAX + b"x", api.NDJSON, 422),
        (b" " * (api.BODY_BYTES_MAX + 1), api.JSON, 413),
    ],
)
async def test_other_bodies_are_refused(gate: Gate, body: bytes, kind: str, status: int) -> None:
    answer = await gate.post(body, kind)
    assert answer.status_code == status
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


async def test_a_body_without_a_length_is_cut_at_the_maximum(gate: Gate) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    async with gate._client("engineer") as client:
        headers = {"content-type": api.JSON}
        params = {"producer": PRODUCER}
        answer = await client.post(api.PATH, content=endless(), params=params, headers=headers)
    assert answer.status_code == 413


def test_the_shell_lets_a_batch_and_a_network_through_and_no_other_large_request() -> None:
    assert main.LARGE_REQUESTS == {
        api.PATH: api.BODY_BYTES_MAX,
        networks_api.NETWORKS: UPLOAD_BYTES_MAX,
        books_api.BOOKS: UPLOAD_BYTES_MAX,
    }
    assert api.BODY_BYTES_MAX > main.REQUEST_BYTES_MAX


async def test_who_may_record(house: House) -> None:
    authorizer = Authorizer(house.database, SqlGrantStore(), house.clock)
    with house.database.unit_of_work() as unit:
        authorizer.add_grant(unit.connection, Grant("acme", "m1", START, None, "con_1"))
    house.authorizer = authorizer  # type: ignore[assignment]
    gate = Gate(house)
    statuses = {
        token: (
            (await gate.post([event(1)], token=token)).status_code,
            (await gate.get(token=token)).status_code,
        )
        for token in (*ACTORS, "nobody")
    }
    assert statuses == {
        "engineer": (200, 200),
        "finance": (403, 403),
        "customer": (403, 403),
        "nobody": (401, 401),
    }


def test_the_description_names_bodies_and_answers(gate: Gate) -> None:
    operation = gate.app.openapi()["paths"][api.PATH]["post"]
    assert set(operation["requestBody"]["content"]) == {api.JSON, api.NDJSON}
    assert {"200", "207", "401", "403", "409", "413", "415", "422"} <= set(operation["responses"])
