"""The kept supply network over HTTP: import, register, an outage, a scenario asked again."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.infrastructure.database import Database
from lineshaft.valuechain.supplynetwork.versions import api
from lineshaft.web import problems
from tests.valuechain.supplynetwork.examples import TABLES
from tests.valuechain.supplynetwork.test_versions import FINANCE, build, zipped

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

QUESTION = {"kind": "supplier", "targets": ["acme"], "start_on": "2026-03-01", "days": 60}


async def test_a_network_over_http(sqlite_database: Database) -> None:
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(build(sqlite_database)[0], lambda _request: FINANCE))
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def get(path: str) -> Any:
            answer = await client.get(api.ROOT + path)
            assert answer.status_code == 200, answer.text
            return answer

        assert (await client.get(f"{api.ROOT}/register")).status_code == 412
        wrong = zipped(lines=TABLES["lines"].replace("20000", "much"))
        refused = await client.post(f"{api.NETWORKS}?version=1", content=wrong)
        assert refused.status_code == 422
        assert "lines.csv, row 2, margin: 'much'" in refused.json()["detail"]
        for note in ("first", "again"):
            made = await client.post(f"{api.NETWORKS}?version=1&note={note}", content=zipped())
            assert (made.json()["version"], made.json()["note"]) == (1, "first")
        assert (await client.post(f"{api.NETWORKS}?version=3", content=zipped())).status_code == 409

        assert [one["version"] for one in (await get("/networks")).json()["networks"]] == [1]
        rows = (await get("/register?size=1")).json()
        assert rows["dependencies"][0]["item"] == "spindle"
        assert rows["next"] is not None
        assert (await get("/register?format=csv")).text.count("\r\n") == 3
        assert (await get("/register/changes")).json()["changes"] == []
        assert (await get("/picture")).json()["currency"] == "EUR"

        run = await client.post(f"{api.ROOT}/outage-runs", json=QUESTION)
        assert run.json()["answer"]["credits"] == "-18000.00"
        saved = {"name": "Acme fails", "question": QUESTION}
        for _ in range(2):
            assert (await client.put(f"{api.SCENARIOS}/acme", json=saved)).status_code == 200
        unnamed = await client.put(f"{api.SCENARIOS}/acme", json={"question": QUESTION})
        assert unnamed.status_code == 422
        assert (await get("/scenarios")).json()["scenarios"][0]["id"] == "acme"
        assert (await get("/scenarios/acme")).content == run.content
        assert (await get("/scenarios/acme/again")).json()["is_same"]
