"""Documents, payments and disputes over HTTP, as several people."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from lineshaft.core.errors import Unauthorized
from lineshaft.core.period import US_PER_DAY, format_instant
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing import api
from lineshaft.services.billing.receivables import api as receivables_api
from lineshaft.services.contracts.model import Contract
from lineshaft.web import problems
from tests.services.billing.examples import PERIOD, plain_contract
from tests.services.billing.late import TIERS, LateHub, late_hub
from tests.services.billing.test_completeness import WHY, billing_of
from tests.services.billing.test_receivables import receivables
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, STRANGER, Hub

ACTORS = {each.name: each for each in (CUSTOMER, ENGINEER, FINANCE, STRANGER)}
JUNE_22 = {
    "contract": "c-1001",
    "start": format_instant(PERIOD.start),
    "end": format_instant(PERIOD.end),
}
FIRST = f"{api.INVOICES}/NM-2017-000001"
PAID = {"reference": "R-1", "amount": "100.00", "currency": "EUR", "received_on": "2017-07-01"}


class Desk:
    """The routes in this process; a token is the name of a person."""

    def __init__(self, *routers: Any) -> None:
        self.app = FastAPI()
        problems.answer_with_problems(self.app)
        for router in routers:
            self.app.include_router(router)

    async def ask(
        self, who: Actor | None, method: str, path: str, content: Any = None
    ) -> tuple[int, Any]:
        """Return the status, and the JSON of the answer."""
        transport = httpx.ASGITransport(app=self.app)
        headers = {} if who is None else {"authorization": f"Bearer {who.name}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            answer = await client.request(method, path, json=content, headers=headers)
        return answer.status_code, answer.json()

    async def file(self, who: Actor, path: str) -> str:
        """Return a file as text."""
        transport = httpx.ASGITransport(app=self.app)
        headers = {"authorization": f"Bearer {who.name}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


def actor_of(request: Request) -> Actor:
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name not in ACTORS:
        msg = "who is asking?"
        raise Unauthorized(msg)
    return ACTORS[name]


def due_in_14_days() -> Contract:
    return plain_contract(TIERS, payment_days=14)


@pytest.fixture
def billed(hub: Hub) -> LateHub:
    """A hub where 12,578 s were used."""
    found = late_hub(hub, due_in_14_days())
    found.learn(12_578)
    return found


@pytest.fixture
def desk(billed: LateHub) -> Desk:
    made = receivables(billed.hub, billed.billing)
    return Desk(api.router(billed.billing, actor_of), receivables_api.router(made, actor_of))


async def test_a_period_is_previewed_issued_listed_and_corrected(
    desk: Desk, billed: LateHub
) -> None:
    status, shown = await desk.ask(FINANCE, "POST", f"{api.INVOICES}/preview", JUNE_22)
    assert (status, shown["blocked"], shown["document"]["type"]) == (200, [], "380")
    for _ in range(2):
        status, issued = await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
        assert (status, issued["number"]) == (200, "NM-2017-000001")
    assert (await desk.ask(CUSTOMER, "GET", FIRST))[1]["document"]["number"] == issued["number"]
    assert await desk.ask(FINANCE, "GET", api.LATE) == (200, {"periods": [], "next": None})
    billed.learn(13_000)
    status, late = await desk.ask(FINANCE, "GET", f"{api.LATE}?size=1")
    behind = f"{api.LATE}?after={late['next']}"
    assert await desk.ask(FINANCE, "GET", behind) == (200, {"periods": [], "next": None})
    assert late["periods"][0]["meters"] == ["mazak01/cutting-time"]
    for is_new in (True, False):
        status, corrected = await desk.ask(FINANCE, "POST", f"{api.INVOICES}/correct", JUNE_22)
        assert (status, corrected["is_new"]) == (200, is_new)
    second = corrected["document"]
    assert (second["type"], second["correction"]) == ("384", 1)
    status, both = await desk.ask(CUSTOMER, "GET", f"{FIRST}/documents")
    assert [one["number"] for one in both["invoices"]] == [issued["number"], second["number"]]

    async def numbers(query: str) -> tuple[list[str], Any]:
        found = (await desk.ask(FINANCE, "GET", f"{api.INVOICES}?{query}"))[1]
        return [one["number"] for one in found["invoices"]], found["next"]

    (first, cursor) = await numbers("size=1")
    assert first == [second["number"]]
    assert await numbers(f"after={cursor}") == ([issued["number"]], None)
    assert (await desk.ask(FINANCE, "GET", f"{api.LATE}?after={cursor}"))[0] == 422
    assert await numbers("type=380&contract=c-1001") == ([issued["number"]], None)
    assert await numbers("since=2017-06-22T00:00:00Z&until=2017-06-22T00:00:01Z&size=9") == (
        [second["number"], issued["number"]],
        None,
    )
    assert await numbers("since=2017-06-23T00:00:00Z&until=2017-07-01T00:00:00Z") == ([], None)
    assert (await desk.ask(FINANCE, "GET", f"{api.INVOICES}?since=2017-06-23T00:00:00Z"))[0] == 422


async def test_who_may_not_see_a_document_does_not_learn_that_it_exists(desk: Desk) -> None:
    await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
    assert await desk.ask(STRANGER, "GET", api.INVOICES) == (200, {"invoices": [], "next": None})
    assert await desk.ask(STRANGER, "GET", "/api/v1/receivables") == (
        200,
        {"claims": [], "next": None},
    )
    dispute, answer = {"reason": "x"}, {"outcome": "upheld", "answer": "x"}
    back = {"reference": "R-1", "taken_back_on": "2017-07-01"}
    for method, path, content in (
        ("GET", "", None),
        ("GET", "/documents", None),
        ("GET", "/claims", None),
        ("GET", "/payments", None),
        ("GET", "/disputes", None),
        ("POST", "/payments", PAID),
        ("POST", "/payments/taken-back", back),
        ("POST", "/disputes", dispute),
        ("POST", "/disputes/answer", answer),
    ):
        assert (await desk.ask(STRANGER, method, FIRST + path, content))[0] == 404, path
        assert (await desk.ask(None, method, FIRST + path, content))[0] == 401, path
    for path in ("", "/correct", "/preview"):
        assert (await desk.ask(STRANGER, "POST", api.INVOICES + path, JUNE_22))[0] == 404, path
    assert (await desk.ask(CUSTOMER, "POST", f"{api.INVOICES}/correct", JUNE_22))[0] == 403
    assert (await desk.ask(CUSTOMER, "POST", f"{FIRST}/payments", PAID))[0] == 403
    assert (await desk.ask(CUSTOMER, "GET", api.LATE))[0] == 403


async def test_payments_are_recorded_and_taken_back_once(desk: Desk, billed: LateHub) -> None:
    await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
    for _ in range(2):
        status, paid = await desk.ask(FINANCE, "POST", f"{FIRST}/payments", PAID)
        assert (status, paid["amount"]) == (200, {"amount": "100.00", "currency": "EUR"})
    assert (await desk.ask(FINANCE, "POST", f"{FIRST}/payments", PAID | {"amount": "1.00"}))[
        0
    ] == 409
    assert (await desk.ask(FINANCE, "POST", f"{FIRST}/payments", PAID | {"amount": 1}))[0] == 422
    status, shown = await desk.ask(CUSTOMER, "GET", f"{FIRST}/claims")
    assert (shown["claims"][0]["state"], shown["claims"][0]["due_on"]) == (
        "partly_paid",
        "2017-07-08",
    )
    back = {"reference": "R-1", "taken_back_on": "2017-07-03"}
    for _ in range(2):
        status, taken = await desk.ask(FINANCE, "POST", f"{FIRST}/payments/taken-back", back)
        assert (status, taken["amount"]["amount"]) == (200, "-100.00")
    again = back | {"reference": taken["reference"]}
    assert (await desk.ask(FINANCE, "POST", f"{FIRST}/payments/taken-back", again))[0] == 422
    unknown = back | {"reference": "R-9"}
    assert (await desk.ask(FINANCE, "POST", f"{FIRST}/payments/taken-back", unknown))[0] == 404
    billed.hub.clock.advance(40 * US_PER_DAY)
    status, listed = await desk.ask(FINANCE, "GET", "/api/v1/receivables?size=1")
    (claim,) = listed["claims"]
    assert (claim["state"], claim["dunning_level"], claim["overdue_days"]) == ("overdue", 2, 26)
    assert listed["next"] is None
    assert (await desk.ask(FINANCE, "GET", "/api/v1/receivables?size=501"))[0] == 422


async def test_a_customer_disputes_and_finance_answers(desk: Desk) -> None:
    await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
    place, reason = f"{FIRST}/disputes", {"reason": "the machine stood still"}
    assert (await desk.ask(CUSTOMER, "POST", place, reason))[1]["outcome"] is None
    assert (await desk.ask(CUSTOMER, "POST", place, reason))[0] == 409
    answer = {"outcome": "rejected", "answer": "the readings say otherwise"}
    assert (await desk.ask(CUSTOMER, "POST", f"{place}/answer", answer))[0] == 403
    assert (await desk.ask(FINANCE, "POST", f"{place}/answer", answer | {"outcome": "?"}))[0] == 422
    assert (await desk.ask(FINANCE, "POST", f"{place}/answer", answer))[1]["outcome"] == "rejected"
    listed = (await desk.ask(CUSTOMER, "GET", place))[1]
    assert [one["answer"] for one in listed["disputes"]] == [answer["answer"]]
    line = {"line": "cutting-time", "amount": "10.00"}
    asked = reason | {"lines": [line]}
    assert (await desk.ask(CUSTOMER, "POST", place, reason | {"lines": [{"line": "?"}]}))[0] == 422
    opened = (await desk.ask(CUSTOMER, "POST", place, asked))[1]["lines"]
    assert [(one["line"], one["amount"]["amount"]) for one in opened] == [("cutting-time", "10.00")]
    (claim,) = (await desk.ask(FINANCE, "GET", "/api/v1/receivables"))[1]["claims"]
    assert (claim["disputed"]["amount"], claim["awaits_correction"]) == ("10.00", False)
    upheld = answer | {"outcome": "upheld", "lines": ["cutting-time"]}
    closed = (await desk.ask(FINANCE, "POST", f"{place}/answer", upheld))[1]
    assert (closed["outcome"], closed["lines"][0]["outcome"]) == ("upheld", "upheld")
    (claim,) = (await desk.ask(FINANCE, "GET", "/api/v1/receivables"))[1]["claims"]
    assert (claim["disputed"]["amount"], claim["awaits_correction"]) == ("10.00", True)
    withdrawn = answer | {"outcome": "withdrawn"}
    assert (await desk.ask(CUSTOMER, "POST", f"{place}/answer", withdrawn))[0] == 404


async def test_lists_of_what_is_owed_are_paged_and_had_as_files(
    desk: Desk, billed: LateHub
) -> None:
    await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
    billed.learn(13_000)
    await desk.ask(FINANCE, "POST", f"{api.INVOICES}/correct", JUNE_22)
    path, seen, after = "/api/v1/receivables", [], ""
    # A page ends within a period, and goes on there.
    while True:
        page = (await desk.ask(FINANCE, "GET", f"{path}?size=1&after={after}"))[1]
        seen.append([one["document"] for one in page["claims"]])
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == [["NM-2017-000001"], ["NM-2017-000002"]]
    assert (await desk.ask(FINANCE, "GET", f"{api.INVOICES}?after={after}"))[0] == 422
    for list_ in (path, api.INVOICES, api.LATE):
        text = await desk.file(FINANCE, f"{list_}?format=csv")
        assert [number for number in ("000001", "000002") if number in text] == (
            [] if list_ == api.LATE else ["000001", "000002"]
        )


async def test_what_blocks_a_period_is_said_and_a_reason_lets_it_through(hub: Hub) -> None:
    billing, _ = billing_of(hub)
    desk = Desk(api.router(billing, actor_of))
    status, shown = await desk.ask(FINANCE, "POST", f"{api.INVOICES}/preview", JUNE_22)
    (blocked,) = shown["blocked"]
    assert (blocked["known_percent"], blocked["minimum_percent"]) == ("75.00", "90.00")
    status, problem = await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22)
    assert (status, "cutting-time" in problem["detail"]) == (412, True)
    status, issued = await desk.ask(FINANCE, "POST", api.INVOICES, JUNE_22 | {"reason": WHY})
    assert (status, issued["type"]) == (200, "380")
