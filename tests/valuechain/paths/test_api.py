"""The national paths over HTTP, for those who may read national tables."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.core.clock import ManualClock
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.paths import api
from lineshaft.valuechain.paths.service import NationalPaths
from lineshaft.web import problems

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]
NOW = parse_instant("2026-03-01T00:00:00Z")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
CUSTOMER = Actor("usr_r", Role.CUSTOMER, "riverside", "Rita")


async def test_the_paths_over_http(sqlite_database: Database) -> None:
    asking = [FINANCE]
    paths = NationalPaths(Authorizer(sqlite_database, SqlGrantStore(), ManualClock(NOW)))
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(paths, lambda _request: asking[0]))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def get(path: str, status: int = 200) -> Any:
            answer = await client.get(api.ROOT + path)
            assert answer.status_code == status, answer.text
            return answer

        policies = (await get("?path=germany&axis=policy")).json()["records"]
        assert [each["id"] for each in policies] == [
            "de-high-tech-2006",
            "de-high-tech-2010",
            "de-recommendations-2013",
        ]
        assert policies[0]["name"] == {"en": "High-Tech Strategy", "zh-Hans": "高科技战略"}
        assert policies[0]["evidence"]["cited"] == "黄群 2011"
        assert (await get("?size=2&axis=base&axis=actor")).json()["next"] is not None
        assert "evidence.quote" in (await get("?format=csv&type=bank")).text
        events = (await get("/events?path=united_states&type=alliance")).json()["events"]
        assert [(each["year"], each["event"]) for each in events] == [
            (2012, "founded"),
            (2014, "corrected"),
        ]
        graph = (await get("/actors?path=united_states")).json()
        doubtful = [each for each in graph["links"] if each["contradicted_by"]]
        assert [each["source"] for each in doubtful] == ["us-microsoft"]
        fixed = (await get("/corrections")).json()["corrections"]
        assert fixed[0]["paper"]["quote_in_english"].startswith("founded together in 2012")
        assert "expected some of" in (await get("?axis=score", 422)).json()["detail"]
        asking[0] = CUSTOMER
        for view in ("", "/events", "/actors", "/corrections"):
            await get(view, 403)
