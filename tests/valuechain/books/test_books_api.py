"""The kept books over HTTP: import, versions, the rows of a table."""

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.infrastructure.database import Database
from lineshaft.valuechain.books import api, service
from lineshaft.web import problems
from tests.valuechain.books.test_books import FINANCE, OUTPUT, REVENUE, build, zipped

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]


async def test_books_over_http(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(build(sqlite_database), lambda _request: FINANCE))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        assert (await client.get(api.BOOKS)).json()["books"] == []
        wrong = zipped(revenue=REVENUE.replace("1000.00", "much"))
        refused = await client.post(f"{api.BOOKS}?version=1", content=wrong)
        assert refused.status_code == 422
        assert "revenue.csv, row 2, amount: 'much'" in refused.json()["detail"]
        for note in ("first", "again"):
            made = await client.post(f"{api.BOOKS}?version=1&note={note}", content=zipped())
            assert (made.json()["rows"], made.json()["note"]) == (
                {"revenue": 2, "output": 1},
                "first",
            )
        assert (await client.post(f"{api.BOOKS}?version=3", content=zipped())).status_code == 409
        rows = (await client.get(f"{api.BOOKS}/1/revenue?size=1")).json()
        assert (rows["rows"][0]["document"], rows["next"] is None) == ("R1", False)
        assert (await client.get(f"{api.BOOKS}/1/output?format=csv")).text.count("\r\n") == 2
        assert (await client.get(f"{api.BOOKS}/1/hours")).status_code == 404
        assert (await client.get(f"{api.BOOKS}/2/output")).status_code == 404
        monkeypatch.setattr(api, "UPLOAD_BYTES_MAX", 10)
        assert (await client.post(f"{api.BOOKS}?version=2", content=b"x" * 11)).status_code == 413


def test_the_sample_is_books_that_can_be_imported_and_a_version_comes_back_as_it_is(
    sqlite_database: Database,
) -> None:
    books = build(sqlite_database)
    made = books.import_upload(FINANCE, service.sample_files(), None)
    assert tuple(made.rows) == service.table_names()
    archive = books.archive(FINANCE)
    assert books.import_upload(FINANCE, archive, None) == made
    assert books.archive(FINANCE, 1) == archive
    assert books.import_upload(FINANCE, zipped(output=OUTPUT), 2).rows == {"output": 1}
