"""Studies, costs and accounts of profit over HTTP."""

from typing import Any

import httpx
from fastapi import FastAPI, Request

from lineshaft.core.errors import Unauthorized
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.desk import api
from lineshaft.services.desk.model import Variant
from lineshaft.web import problems
from tests.services.desk.desks import FINANCE, DeskHub, dearer, sold, study
from tests.services.hub import CUSTOMER

ACTORS = {each.name: each for each in (FINANCE, CUSTOMER)}
MONTHS = "first=2017-06&last=2017-06"
COST = {
    "id": "v-1",
    "kind": "hours",
    "start": "2017-06-01",
    "end": "2017-07-01",
    "amount": "80.00",
    "currency": "EUR",
    "machine": "mazak01",
    "source": "work order 9",
}


def served(desk_hub: DeskHub) -> FastAPI:
    app = FastAPI()
    problems.answer_with_problems(app)

    def actor_of(request: Request) -> Actor:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in ACTORS:
            msg = "nobody"
            raise Unauthorized(msg)
        return ACTORS[name]

    app.include_router(api.router(desk_hub.desk, actor_of))
    return app


async def ask(
    app: FastAPI, method: str, path: str, content: Any = None, who: Actor = FINANCE
) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {who.name}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        return await client.request(method, path, json=content, headers=headers)


async def test_a_study_is_saved_run_and_published_over_http(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    app = served(desk_hub)
    content = study(Variant("As contracted"), dearer()).to_content()
    path = f"{api.STUDIES}/summer"
    assert (await ask(app, "PUT", f"{path}/versions/1", content)).status_code == 200
    assert (await ask(app, "GET", path)).json()["name"] == "Summer prices"
    assert [each["id"] for each in (await ask(app, "GET", api.STUDIES)).json()["studies"]] == [
        "summer"
    ]
    found = (await ask(app, "GET", f"{path}/outcomes")).json()
    assert found == (await ask(app, "POST", "/api/v1/study-runs", content)).json()
    assert [each["label"] for each in found["outcomes"]] == ["As contracted", "At 90.00"]
    assert {each["machine"]: each["more"] for each in found["differences"]} == {
        "mazak01": "420.00",
        "mazak02": "840.00",
    }
    (risk,) = found["outcomes"][0]["risks"]
    assert (risk["failures"], risk["seed"]) == (28, 11)
    text = (await ask(app, "GET", f"{path}/outcomes.csv")).text
    assert text.startswith("variant,contract,machine,month,")
    made = (await ask(app, "POST", f"{path}/publication?variant=At%2090.00")).json()
    assert (made["id"], made["version"]) == ("machining-as-a-service", 2)
    for refused, status in ((f"{api.STUDIES}/winter", 404), (f"{path}/outcomes.pdf", 404)):
        assert (await ask(app, "GET", refused)).status_code == status
    assert (await ask(app, "PUT", f"{path}/versions/3", content)).status_code == 409
    assert (await ask(app, "GET", path, who=CUSTOMER)).status_code == 403


async def test_costs_and_profit_over_http(desk_hub: DeskHub) -> None:
    sold(desk_hub)
    app = served(desk_hub)
    for count in (1, 0):
        answer = await ask(app, "POST", api.COSTS, {"costs": [COST]})
        assert answer.json() == {"recorded": count}
    for wrong in ({}, {"costs": []}, {"costs": [7]}, {"costs": [COST] * (api.COSTS_MAX + 1)}):
        assert (await ask(app, "POST", api.COSTS, wrong)).status_code == 422
    listed = (await ask(app, "GET", f"{api.COSTS}?{MONTHS}")).json()["costs"]
    assert [(each["id"], each["amount"]) for each in listed] == [("v-1", "80.00")]
    rows = (await ask(app, "GET", f"{api.PROFIT}?{MONTHS}&by=machine")).json()["rows"]
    assert [(each["key"], each["margin"]) for each in rows] == [("mazak01", "-80.00")]
    (entry,) = (await ask(app, "GET", f"{api.PROFIT}/entries?{MONTHS}")).json()["entries"]
    assert (entry["contract"], entry["origin"], entry["amount"]) == ("c-1001", "v-1", "-80.00")
    table = (await ask(app, "GET", f"{api.PROFIT}?{MONTHS}&format=csv")).text
    assert table.splitlines()[1] == "c-1001,80.00,0.00,EUR,-80.00,0.00"
    assert "v-1" in (await ask(app, "GET", f"{api.PROFIT}/entries?{MONTHS}&format=csv")).text
    assert (await ask(app, "GET", f"{api.PROFIT}?{MONTHS}", who=CUSTOMER)).status_code == 403
    assert (await ask(app, "GET", f"{api.PROFIT}?{MONTHS}&by=hour")).status_code == 422
