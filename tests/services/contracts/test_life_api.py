"""The life of a contract over HTTP, as provider, customer and stranger."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts import api
from lineshaft.web import problems
from tests.services.contracts.examples import CONTRACT, contract, offering
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, STRANGER, Hub

ACTORS = {each.name: each for each in (CUSTOMER, ENGINEER, FINANCE, STRANGER)}
VERSION_1 = "/api/v1/contracts/c-1001/versions/1"
ONE = "/api/v1/contracts/c-1001"


def actor_of(request: Request) -> Actor:
    return ACTORS[request.headers["x-actor"]]


@pytest.fixture
def client(hub: Hub) -> httpx.AsyncClient:
    hub.contracts.offer(FINANCE, offering())
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(hub.contracts, actor_of))
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 4000))
    return httpx.AsyncClient(transport=transport, base_url="http://hub")


async def ask(
    client: httpx.AsyncClient, actor: Actor, call: str, content: dict[str, Any] | None = None
) -> tuple[int, Any]:
    method, path = call.split()
    headers = {"x-actor": actor.name}
    answer = await client.request(method, path, json=content, headers=headers)
    return answer.status_code, answer.json()


async def test_a_contract_from_draft_to_its_end(client: httpx.AsyncClient) -> None:
    status, made = await ask(client, FINANCE, f"PUT {VERSION_1}", CONTRACT)
    assert (status, made["state"], made["sha256"]) == (200, "draft", contract().sha256)
    hidden = [await ask(client, each, f"GET {ONE}") for each in (CUSTOMER, STRANGER)]
    assert [status for status, _ in hidden] == [404, 404]
    offer = {"valid_until": "2017-07-24T00:00:00Z"}
    assert (await ask(client, CUSTOMER, f"POST {VERSION_1}/offer", offer))[0] == 404
    assert (await ask(client, FINANCE, f"POST {VERSION_1}/offer", offer))[0] == 200
    assert (await ask(client, FINANCE, f"POST {VERSION_1}/activation"))[0] == 412
    hashed = {"sha256": made["sha256"]}
    assert (await ask(client, FINANCE, f"POST {VERSION_1}/acceptance", hashed))[0] == 403
    assert (await ask(client, STRANGER, f"POST {VERSION_1}/acceptance", hashed))[0] == 404
    wrong = {"sha256": "0" * 64}
    assert (await ask(client, CUSTOMER, f"POST {VERSION_1}/acceptance", wrong))[0] == 409
    status, act = await ask(client, CUSTOMER, f"POST {VERSION_1}/acceptance", hashed)
    assert (status, act["detail"]["statement"]["address"]) == (200, "192.0.2.7")
    assert (await ask(client, FINANCE, f"POST {VERSION_1}/activation"))[0] == 200
    assert (await ask(client, CUSTOMER, f"POST {ONE}/pause", {"start": made["created_at"]}))[
        0
    ] == 403
    for call, content in (
        ("pause", {"start": "2017-06-24T06:00:00Z", "reason": "holidays"}),
        ("resumption", {"at": "2017-06-24T07:00:00Z"}),
        ("end", {"at": "2018-01-01T00:00:00Z", "reason": "sold"}),
        ("renewal", {"until": "2019-01-01T00:00:00Z"}),
    ):
        assert (await ask(client, FINANCE, f"POST {ONE}/{call}", content))[0] == 200, call
    swap = {
        "machine": "mazak01",
        "until": "2017-06-25T00:00:00Z",
        "next_machine": "mazak02",
        "since": "2017-06-25T06:00:00Z",
    }
    assert (await ask(client, FINANCE, f"POST {ONE}/exchange", swap))[0] == 200
    back = {"machine": "mazak02", "at": "2017-09-01T00:00:00Z", "reason": "not needed any more"}
    assert (await ask(client, FINANCE, f"POST {ONE}/purchase", back))[0] == 412
    assert (await ask(client, CUSTOMER, f"POST {ONE}/return", back))[0] == 403
    assert (await ask(client, FINANCE, f"POST {ONE}/return", back))[0] == 200
    _, found = await ask(client, CUSTOMER, f"GET {ONE}/acts?size=4")
    assert [each["kind"] for each in found["acts"]] == ["amend", "offer", "accept", "activate"]
    _, rest = await ask(client, CUSTOMER, f"GET {ONE}/acts?after={found['next']}")
    kinds = ["pause", "resume", "end", "renew", "exchange", "return"]
    assert [each["kind"] for each in rest["acts"]] == kinds
    _, versions = await ask(client, CUSTOMER, f"GET {ONE}/versions")
    assert [each["contract"]["version"] for each in versions["versions"]] == [1, 2, 3, 4, 5, 6, 7]
    _, last = await ask(client, CUSTOMER, f"GET {ONE}")
    assert last["contract"]["machines"] == ["mazak01", "mazak02"]
    _, listed = await ask(client, CUSTOMER, "GET /api/v1/contracts")
    assert [each["contract"]["version"] for each in listed["contracts"]] == [7]
    assert (await ask(client, STRANGER, "GET /api/v1/contracts"))[1]["contracts"] == []


async def test_both_times_are_asked_over_http(hub: Hub, client: httpx.AsyncClient) -> None:
    hub.activated(contract())
    at = "at=2017-06-23T00:00:00Z"
    assert (await ask(client, ENGINEER, f"GET {ONE}/in-force?{at}"))[1]["contract"]["version"] == 1
    before = f"{at}&known_at=2017-06-01T00:00:00Z"
    assert (await ask(client, ENGINEER, f"GET {ONE}/in-force?{before}"))[0] == 412
    _, known = await ask(client, ENGINEER, f"GET {ONE}/acts?known_at=2017-06-01T00:00:00Z")
    assert known["acts"] == []
    assert (await ask(client, ENGINEER, f"GET {VERSION_1}"))[1]["state"] == "active"
    assert (await ask(client, FINANCE, f"PUT {ONE}/versions/2", CONTRACT))[0] == 422
    drafted = {key: value for key, value in CONTRACT.items() if key not in {"id", "version"}}
    assert (await ask(client, FINANCE, f"PUT {ONE}/versions/2", drafted))[1]["state"] == "draft"
    withdrawn = await ask(client, FINANCE, f"POST {ONE}/versions/2/withdrawal", {"reason": "no"})
    assert withdrawn[1]["kind"] == "withdraw"
