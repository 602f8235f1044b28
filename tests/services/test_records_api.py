"""Clock offsets, exchanges, incidents and exclusions over HTTP, as several people."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from msgspec.structs import replace

from lineshaft.core.errors import Unauthorized
from lineshaft.core.period import Instant, parse_instant
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.facts import api as facts_api
from lineshaft.services.facts.errors import TooManyFacts
from lineshaft.services.facts.model import Core, StockRecord
from lineshaft.services.incidents import api as incidents_api
from lineshaft.services.metering.clocks import api as clocks_api
from lineshaft.services.metering.estimates import api as estimates_api
from lineshaft.services.metering.exchanges import api as exchanges_api
from lineshaft.web import problems
from tests.services.records import COLLEAGUE, CUSTOMER, ENGINEER, FINANCE, STRANGER, Records

ACTORS = {each.name: each for each in (COLLEAGUE, CUSTOMER, ENGINEER, FINANCE, STRANGER)}
OFFSET = {"source": "edge-1", "valid_from": "2027-03-01T00:00:00Z", "offset_us": 90_000_000}
EXCHANGE = {
    "signal": "mill/x",
    "at": "2027-04-01T00:00:15Z",
    "old_final": "98765.4",
    "new_start": "12.3",
    "unit": "C62",
    "reference": "WO-4711",
}
ESTIMATE = {
    "machine": "mill",
    "meter": "hours",
    "start": "2027-04-01T00:00:00Z",
    "end": "2027-04-02T00:00:00Z",
    "amount": "7.5",
    "unit": "HUR",
    "reason": "as on the day before",
}
INCIDENT = {"machine": "mill", "reported_at": "2027-04-02T16:30:00Z", "cause": "provider"}
EXCLUSION = {
    "machine": "mill",
    "start": "2027-04-03T00:00:00Z",
    "end": "2027-04-03T08:00:00Z",
    "category": "maintenance",
    "proof": "MO-12",
}

CORE = {
    "machine": "mill",
    "contract": "c-1001",
    "item": "spindle",
    "model": "SP-2",
    "delivered_at": "2027-04-01T09:00:00Z",
    "reference": "DN-1",
}
COUNT = {
    "kind": "count",
    "machine": "mill",
    "contract": "c-1001",
    "item": "coolant",
    "at": "2027-04-01T09:00:00Z",
    "quantity": "12.5",
    "unit": "KGM",
    "person": "Carla",
    "reference": "CS-1",
}
RETURN = {"received_at": "2027-04-20T09:00:00Z", "model": "SP-1"} | {
    "grade": "damaged",
    "inspected_by": "Ines",
}


class Desk:
    """The routes in this process; a token is the name of a person."""

    def __init__(self, records: Records) -> None:
        self._app = FastAPI()
        problems.answer_with_problems(self._app)
        for routes in (
            clocks_api.router(records.clocks, self._actor_of),
            exchanges_api.router(records.exchanges, self._actor_of),
            estimates_api.router(records.estimates, self._actor_of),
            incidents_api.router(records.incidents, self._actor_of),
            facts_api.router(records.cores, records.stocks, self._actor_of),
        ):
            self._app.include_router(routes)

    def _actor_of(self, request: Request) -> Actor:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in ACTORS:
            raise Unauthorized("who is asking?")
        return ACTORS[name]

    async def ask(self, who: Actor | None, method: str, path: str, content: Any = None) -> Any:
        """Return the status, and the JSON of the answer."""
        transport = httpx.ASGITransport(app=self._app)
        headers = {} if who is None else {"authorization": f"Bearer {who.name}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            answer = await client.request(method, path, json=content, headers=headers)
        return answer.status_code, answer.json()


@pytest.fixture
def desk(records: Records) -> Desk:
    records.grant("mill", parse_instant("2027-03-01T00:00:00Z"))
    return Desk(records)


@pytest.mark.both_engines
async def test_a_clock_offset_over_http(desk: Desk) -> None:
    path = f"{clocks_api.PATH}/edge-1-radio"
    content = OFFSET | {"reason": "compared with a radio clock"}
    for _ in range(2):
        status, recorded = await desk.ask(ENGINEER, "PUT", path, content)
        assert (status, recorded["origin"], recorded["offset_us"]) == (200, "entered", 90_000_000)
    status, listed = await desk.ask(FINANCE, "GET", f"{clocks_api.PATH}?source=edge-1")
    assert (status, listed) == (200, {"offsets": [recorded], "next": None})
    assert (await desk.ask(FINANCE, "GET", clocks_api.PATH))[1] == listed
    assert (await desk.ask(ENGINEER, "PUT", path, content | {"offset_us": 5}))[0] == 409
    assert (await desk.ask(ENGINEER, "PUT", path, OFFSET))[0] == 422
    assert (await desk.ask(ENGINEER, "PUT", path, content | {"offset_us": 0.5}))[0] == 422
    assert (await desk.ask(CUSTOMER, "PUT", path, content))[0] == 403
    assert (await desk.ask(None, "GET", clocks_api.PATH))[0] == 401


async def test_an_exchange_over_http(desk: Desk) -> None:
    path = f"{exchanges_api.PATH}/wo-4711/versions/1"
    for _ in range(2):
        status, recorded = await desk.ask(ENGINEER, "PUT", path, EXCHANGE)
        assert (status, recorded["approved_by"], recorded["old_final"]) == (200, None, "493827/5")
    assert (await desk.ask(ENGINEER, "POST", f"{path}/approval"))[0] == 403
    status, approved = await desk.ask(COLLEAGUE, "POST", f"{path}/approval")
    assert (status, approved["approved_by"]) == (200, COLLEAGUE.id)
    listing = f"{exchanges_api.PATH}?machine=mill"
    assert await desk.ask(CUSTOMER, "GET", listing) == (
        200,
        {"exchanges": [approved], "next": None},
    )
    assert await desk.ask(STRANGER, "GET", listing) == (200, {"exchanges": [], "next": None})
    assert (await desk.ask(ENGINEER, "PUT", path, EXCHANGE | {"new_start": 12.3}))[0] == 422
    assert (await desk.ask(ENGINEER, "PUT", path, EXCHANGE | {"new_start": "0"}))[0] == 409
    assert (await desk.ask(ENGINEER, "POST", f"{exchanges_api.PATH}/x/versions/1/approval"))[
        0
    ] == 404


@pytest.mark.both_engines
async def test_a_core_over_http_is_delivered_and_comes_back(desk: Desk, records: Records) -> None:
    path, listing = f"{facts_api.CORES_PATH}/c-1/versions", f"{facts_api.CORES_PATH}?machine=mill"
    for _ in range(2):
        status, delivered = await desk.ask(ENGINEER, "PUT", f"{path}/1", CORE)
        assert (status, delivered["recorded_by"]) == (200, ENGINEER.id)
    before = records.promised()
    records.clock.advance(1_000_000)
    status, back = await desk.ask(FINANCE, "PUT", f"{path}/2", CORE | {"returned": RETURN})
    assert (status, back["returned"]["inspected_by"]) == (200, "Ines")
    assert await desk.ask(CUSTOMER, "GET", listing) == (
        200,
        {"cores": [delivered, back], "next": None},
    )
    assert await desk.ask(STRANGER, "GET", listing) == (200, {"cores": [], "next": None})
    (then,) = records.cores.known(FINANCE, "mill", before)
    (now,) = records.cores.known(FINANCE, "mill", records.promised())
    assert (then.returned, now.returned) == (None, Core.from_content(_core(back)).returned)
    for version, changed, expected in (
        (1, {"model": "SP-3"}, 409),
        (4, {}, 409),
        (3, {"item": "pump"}, 409),
        (3, {"contract": "c-2"}, 409),
        (3, {"returned": RETURN | {"received_at": "2027-03-01T00:00:00Z"}}, 422),
        (3, {"returned": {"grade": "damaged"}}, 422),
        (3, {"reference": " "}, 422),
        (3, {"is_withdrawn": "yes"}, 422),
        (3, {"is_withdrawn": True}, 200),
    ):
        status, _ = await desk.ask(ENGINEER, "PUT", f"{path}/{version}", CORE | changed)
        assert status == expected, changed
    assert records.cores.known(FINANCE, "mill", records.promised()) == []
    assert (await desk.ask(CUSTOMER, "PUT", f"{path}/4", CORE))[0] == 403
    assert (await desk.ask(None, "GET", listing))[0] == 401
    assert records.audited()[-1].endswith("core:write core/c-1")


def _core(content: dict[str, Any]) -> dict[str, Any]:
    recorded = {"recorded_at", "recorded_by", "version"}
    return {name: value for name, value in content.items() if name not in recorded}


def test_there_are_at_most_so_many_cores_and_versions(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineshaft.services.facts.service.FACTS_MAX", 1)
    monkeypatch.setattr("lineshaft.services.facts.service.VERSIONS_MAX", 2)
    first = Core.from_content(CORE | {"id": "c-1"})
    records.cores.record(ENGINEER, first)
    records.cores.record(ENGINEER, replace(first, model="SP-3"), 2)
    with pytest.raises(TooManyFacts, match="versions"):
        records.cores.record(ENGINEER, replace(first, model="SP-4"), 3)
    with pytest.raises(TooManyFacts, match="cores"):
        records.cores.record(ENGINEER, replace(first, id="c-2"))


@pytest.mark.both_engines
async def test_a_stock_over_http_is_delivered_and_counted(desk: Desk, records: Records) -> None:
    path, listing = f"{facts_api.STOCKS_PATH}/k-1/versions", f"{facts_api.STOCKS_PATH}?machine=mill"
    for _ in range(2):
        status, counted = await desk.ask(ENGINEER, "PUT", f"{path}/1", COUNT)
        assert (status, counted["recorded_by"], counted["quantity"]) == (200, ENGINEER.id, "25/2")
    before = records.promised()
    records.clock.advance(1_000_000)
    status, empty = await desk.ask(FINANCE, "PUT", f"{path}/2", COUNT | {"quantity": "0"})
    assert (status, empty["quantity"]) == (200, "0")
    versions = {"records": [counted, empty], "next": None}
    assert await desk.ask(CUSTOMER, "GET", listing) == (200, versions)
    assert await desk.ask(STRANGER, "GET", listing) == (200, {"records": [], "next": None})
    (then,) = records.stocks.known(FINANCE, "mill", before)
    (now,) = records.stocks.known(FINANCE, "mill", records.promised())
    assert (then.quantity.amount, now.quantity.amount) == (12.5, 0)
    for version, changed, expected in (
        (1, {"quantity": "13"}, 409),
        (4, {}, 409),
        (3, {"item": "oil"}, 409),
        (3, {"contract": "c-2"}, 409),
        (3, {"kind": "delivery"}, 409),
        (3, {"kind": "delivery", "quantity": "0"}, 422),
        (3, {"kind": "guess"}, 422),
        (3, {"quantity": "-1"}, 422),
        (3, {"quantity": 0.5}, 422),
        (3, {"quantity": None}, 422),
        (3, {"unit": "drums"}, 422),
        (3, {"person": " "}, 422),
        (3, {"is_withdrawn": "yes"}, 422),
        (3, {"is_withdrawn": True}, 200),
    ):
        status, _ = await desk.ask(ENGINEER, "PUT", f"{path}/{version}", COUNT | changed)
        assert status == expected, changed
    assert records.stocks.known(FINANCE, "mill", records.promised()) == []
    assert (await desk.ask(CUSTOMER, "PUT", f"{path}/4", COUNT))[0] == 403
    assert (await desk.ask(None, "GET", listing))[0] == 401
    assert records.audited()[-1].endswith("stock:write stock/k-1")


def test_there_are_at_most_so_many_stock_records_and_versions(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineshaft.services.facts.service.FACTS_MAX", 1)
    monkeypatch.setattr("lineshaft.services.facts.service.VERSIONS_MAX", 2)
    first = StockRecord.from_content(COUNT | {"id": "k-1"})
    records.stocks.record(ENGINEER, first)
    records.stocks.record(ENGINEER, replace(first, person="Edda"), 2)
    with pytest.raises(TooManyFacts, match="versions"):
        records.stocks.record(ENGINEER, replace(first, person="Emil"), 3)
    with pytest.raises(TooManyFacts, match="deliveries and counts"):
        records.stocks.record(ENGINEER, replace(first, id="k-2"))


async def test_an_estimate_over_http_counts_from_approval_to_withdrawal(
    desk: Desk, records: Records
) -> None:
    path = f"{estimates_api.PATH}/e-1"
    for _ in range(2):
        status, made = await desk.ask(FINANCE, "PUT", path, ESTIMATE)
        assert (status, made["author"], made["approval"]) == (200, FINANCE.id, None)
    before = records.promised()
    assert (await desk.ask(FINANCE, "POST", f"{path}/approval"))[0] == 403
    for _ in range(2):
        status, approved = await desk.ask(ENGINEER, "POST", f"{path}/approval")
        assert (status, approved["approval"]["by"]) == (200, ENGINEER.id)
    listing = f"{estimates_api.PATH}?machine=mill"
    assert await desk.ask(CUSTOMER, "GET", listing) == (
        200,
        {"estimates": [approved], "next": None},
    )
    assert await desk.ask(STRANGER, "GET", listing) == (200, {"estimates": [], "next": None})
    # Another one for a part of the same time, other content, other people.
    other = f"{estimates_api.PATH}/e-2"
    assert (await desk.ask(ENGINEER, "PUT", other, ESTIMATE | {"amount": "8"}))[0] == 200
    assert (await desk.ask(FINANCE, "POST", f"{other}/approval"))[0] == 409
    assert (await desk.ask(FINANCE, "PUT", path, ESTIMATE | {"amount": "8"}))[0] == 409
    assert (await desk.ask(FINANCE, "PUT", path, ESTIMATE | {"reason": " "}))[0] == 422
    assert (await desk.ask(CUSTOMER, "PUT", path, ESTIMATE))[0] == 403
    assert (await desk.ask(STRANGER, "POST", f"{path}/withdrawal"))[0] == 404
    between = records.promised()
    for _ in range(2):
        status, withdrawn = await desk.ask(FINANCE, "POST", f"{path}/withdrawal")
        assert (status, withdrawn["withdrawal"]["by"]) == (200, FINANCE.id)
    assert (await desk.ask(ENGINEER, "POST", f"{path}/approval"))[0] == 409
    assert (await desk.ask(FINANCE, "POST", f"{other}/approval"))[0] == 200

    def counting(known_at: Instant) -> list[str]:
        found = records.estimates.in_force(FINANCE, "mill", "hours", known_at)
        return [each.id for each in found]

    after = records.promised()
    assert [counting(at) for at in (before, between, after)] == [[], ["e-1"], ["e-2"]]


@pytest.mark.parametrize(
    ("place", "id_", "content", "named"),
    [
        (incidents_api.INCIDENTS, "inc-1", INCIDENT, "incidents"),
        (incidents_api.EXCLUSIONS, "exc-1", EXCLUSION, "exclusions"),
    ],
)
async def test_both_sides_agree_over_http(
    desk: Desk, place: str, id_: str, content: dict[str, Any], named: str
) -> None:
    path = f"{place}/{id_}/versions/1"
    status, recorded = await desk.ask(ENGINEER, "PUT", path, content)
    assert (status, recorded["agreed_at"], recorded["machine"]) == (200, None, "mill")
    assert (await desk.ask(STRANGER, "POST", f"{path}/approval"))[0] == 404
    for who in (FINANCE, CUSTOMER):
        status, agreed = await desk.ask(who, "POST", f"{path}/approval")
        assert status == 200
    assert [each["side"] for each in agreed["approvals"]] == ["provider", "customer"]
    assert agreed["agreed_at"] is not None
    assert await desk.ask(CUSTOMER, "GET", f"{place}?machine=mill") == (
        200,
        {named: [agreed], "next": None},
    )
    assert (await desk.ask(CUSTOMER, "PUT", path, content))[0] == 403
    assert (await desk.ask(ENGINEER, "PUT", path, {"machine": "mill"}))[0] == 422
