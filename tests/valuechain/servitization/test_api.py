"""Servitization over HTTP: figures, the lines behind one of them, the curve."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.valuechain.paradox import api as paradox_api
from lineshaft.valuechain.servitization import api
from lineshaft.web import problems
from tests.valuechain.firm.test_firm import Hub, build
from tests.valuechain.paradox.test_kept import built
from tests.valuechain.servitization.books import write_books

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

UPGRADING = (
    "year,world_share,domestic_value_added_share,vulnerability,volume,unit_value\n"
    "2024,0.001,0.5,0.2,10,100\n2025,0.002,0.5,0.2,20,100\n"
)


async def test_figures_lead_to_their_lines_over_http(
    sqlite_database: Database, tmp_path: Path
) -> None:
    books, firm = build(sqlite_database, Hub())
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(firm, lambda _request: LOCAL_OPERATOR))
    trade = built(sqlite_database, tmp_path / "trade")
    app.include_router(paradox_api.router(firm, trade, lambda _request: LOCAL_OPERATOR))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def get(path: str, **query: Any) -> httpx.Response:
            return await client.get(f"{api.ROOT}/{path}", params=query)

        assert (await get("servitization")).status_code == 412
        assert (await get("smile")).status_code == 404
        books.import_files(LOCAL_OPERATOR, write_books(tmp_path / "books", upgrading=UPGRADING), 1)

        found = (await get("servitization", last="2026-03", grain="month")).json()
        assert {each["period"] for each in found["trend"]} == {"2026-01", "2026-02", "2026-03"}
        alone = next(e for e in found["figures"] if e["indicator"] == "stand_alone_share")
        assert (alone["value"], alone["table"]) == ("1/2", "books version 1")
        where = [f"{key}={said}" for key, said in alone["lines"].items()]
        first = (await get("servitization/lines", where=where, size=1)).json()
        rest = (await get("servitization/lines", where=where, after=first["next"])).json()
        listed = [line["document"] for line in (*first["lines"], *rest["lines"])]
        assert (listed, rest["next"]) == (["INV-2", "INV-3"], None)

        curves = (await get("smile")).json()["curves"]
        assert curves[0]["shape"] == "not_shown"
        assert [each["period"] for each in curves] == ["", "2026-Q1", "2026-Q2"]

        years = (await get("upgrading")).json()["years"]
        assert [(each["year"], each["move"]) for each in years] == [
            (2024, ""),
            (2025, "more scale"),
        ]

        for path, query in (
            ("servitization", {"first": "soon"}),
            ("servitization", {"grain": "year"}),
            ("servitization", {"rate": "USD=0.9"}),
            ("servitization/lines", {"where": "colour=red"}),
            ("servitization/lines", {"size": 1_001}),
        ):
            assert (await get(path, **query)).status_code == 422, query
        assert (await get("servitization", site="nowhere")).status_code == 412
        assert (await get("servitization", version=9)).status_code == 404
