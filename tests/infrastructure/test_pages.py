"""Lists over HTTP: pages with a link, and the whole list as a file."""

import csv
import io
from typing import Any

from fastapi import Request

from lineshaft.core.pages import Page
from lineshaft.infrastructure.pages import ListFormat, ListPage, as_file, listed, paged
from lineshaft.infrastructure.sheets import SheetFormat

ITEMS = [{"id": f"b-{n}", "period": {"start": n, "end": n + 1}, "by": ["x", "é"]} for n in range(3)]


def request(query: str = "machine=m%201") -> Request:
    scope = {"type": "http", "path": "/api/v1/things", "query_string": query.encode()}
    return Request(scope | {"headers": [(b"host", b"hub.test")], "scheme": "http"})


async def rows_of(answer: Any) -> list[list[str]]:
    body = b"".join([bytes(chunk) async for chunk in answer.body_iterator])
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_a_page_links_to_the_next_one_with_the_same_question() -> None:
    answer = paged(request("machine=m%201&after=old"), "things", Page([1], "n e/x"), str)
    assert answer.body == b'{"things":["1"],"next":"n e/x"}'
    link = '</api/v1/things?machine=m+1&after=n+e%2Fx>; rel="next"'
    assert answer.headers["link"] == link
    assert "link" not in paged(request(), "things", Page([1], None), str).headers


async def test_a_list_is_a_page_or_a_file() -> None:
    def ask(shape: ListFormat) -> Any:
        wanted = (lambda item: (item["id"],)), ListPage(size=2), shape
        return listed(request(), "things", ITEMS[::-1], dict, wanted)

    assert b'"id":"b-1"' in ask(ListFormat.JSON).body
    assert b'"id":"b-2"' not in ask(ListFormat.JSON).body
    rows = await rows_of(ask(ListFormat.CSV))
    assert rows[0] == ["id", "period.start", "period.end", "by"]
    assert rows[1:] == [[f"b-{n}", str(n), str(n + 1), '["x", "é"]'] for n in range(3)]
    uneven = await rows_of(as_file("things", [{"a": 1}, {"b": None, "c": True}], SheetFormat.CSV))
    assert uneven == [["a", "b", "c"], ["1", "", ""], ["", "", "true"]]
    chosen = await rows_of(as_file("things", ITEMS, SheetFormat.CSV, ["by", "id"]))
    assert chosen[1] == ['["x", "é"]', "b-0"]
