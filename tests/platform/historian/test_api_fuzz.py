"""Whatever is asked of the API, the answer is one, or a refusal: never an error of ours.

Parameters are drawn from the OpenAPI description, right and wrong ones mixed, so that a new route
or parameter is tried without a word here.
"""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.platform.historian.api import PREFIX
from tests.platform.historian.asking import HOST, Desk, desk_of
from tests.platform.historian.house import House, random_source

KNOWN = {200, 400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 503}
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "m1/a",
            "m1/b",
            "m2/ö",
            "m1/$refused",
            "m1",
            "m2",
            "*",
            "",
            "/",
            "2027-03-01T00:00:00Z",
            "2027-03-01T01:00:00.000001Z",
            "2027-03-02T00:00:00+14:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "1803859200000000,edge-1,1,5",
            ",,,",
            "99999999999999999999999999,x,1,1",
            "-1",
            "0",
            "1",
            "2000",
            "1e9",
            "NaN",
            "9223372036854775808",
            "json",
            "csv",
            "arrow",
            "lttb",
            "mean",
            "increase",
            "durations",
            "linear",
            "SELECT * FROM readings",
            "SELECT 1/0, sum(exact), 'x' FROM readings",
            "FROM readings WHERE",
            "\x00",
            "\ud800",
        ]
    ),
)
NAMED = {
    "signal": st.sampled_from(["m1/a", "m1/b", "m2/ö", "m1/none"]),
    "machine": st.sampled_from(["m1", "m2"]),
    "start": st.sampled_from(["2027-03-01T00:00:00Z", "0001-01-01T00:00:00Z"]),
    "end": st.sampled_from(["2027-03-02T00:00:00Z", "2027-03-01T00:00:01Z"]),
    "points": st.integers(1, 2_000).map(str),
    "step_ms": st.sampled_from(["1", "60000"]),
    "width_ms": st.sampled_from(["1", "60000", "3600000"]),
    "limit": st.integers(1, 50).map(str),
    "size": st.integers(1, 500).map(str),
    "function": st.sampled_from(["mean", "increase", "durations"]),
}
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    house = House(tmp_path_factory.mktemp("fuzz"))
    house.store(random_source(11))
    return desk_of(house)


def routes(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    described = desk.app.openapi()["paths"]
    return [
        (method, path, operation)
        for path, methods in described.items()
        for method, operation in methods.items()
    ]


def drawn_query(data: st.DataObject, operation: dict[str, Any]) -> list[tuple[str, str]]:
    query = []
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        times = data.draw(st.sampled_from([0, 1, 1, 1, 1, 2]), label=f"how often {name}")
        values = st.one_of(NAMED.get(name, TEXTS), NAMED.get(name, TEXTS), TEXTS)
        for _ in range(times):
            value = data.draw(values, label=name)
            query.append((name, value.encode("utf-8", "replace").decode()))
    return query


def drawn_body(data: st.DataObject, schema: dict[str, Any], desk: Desk) -> Any:
    """Draw a body: of the shape that is described, with right and wrong values, or anything."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = desk.app.openapi()["components"]["schemas"][name]
    if data.draw(st.integers(0, 9), label="shape") == 0:
        return data.draw(JSON, label="anything")
    match schema.get("type"):
        case "object":
            return {
                name: drawn_body(data, inner, desk)
                for name, inner in schema["properties"].items()
                if data.draw(st.integers(0, 9), label=f"has {name}") < 9
            }
        case "array":
            count = data.draw(st.integers(0, 2), label="items")
            return [drawn_body(data, schema["items"], desk) for _ in range(count)]
        case "integer":
            return data.draw(st.integers(-5, 5_000), label="integer")
        case _:
            choices = [TEXTS, *NAMED.values()]
            return data.draw(st.one_of(choices), label=schema.get("title", "text"))


def test_the_description_has_every_route(desk: Desk) -> None:
    paths = {path.removeprefix(PREFIX) for _, path, _ in routes(desk)}
    assert {"/latest", "/readings", "/downsample", "/aggregates", "/grid", "/sql"} <= paths
    assert {"/refusals", "/sources", "/signals", "/export", "/grafana/query"} <= paths
    for method, path, operation in routes(desk):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert operation["security"] == [{"HTTPBearer": []}], (method, path)
        assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()
        for status, said in operation["responses"].items():
            assert status == "200" or list(said["content"]) == ["application/problem+json"]


def test_the_description_says_which_formats_there_are(desk: Desk) -> None:
    described = desk.app.openapi()
    answers = described["paths"][f"{PREFIX}/readings"]["get"]["responses"]["200"]["content"]
    assert list(answers) == ["application/json", "text/csv", "application/vnd.apache.arrow.stream"]
    names = [operation["operationId"] for _, _, operation in routes(desk)]
    assert len(names) == len(set(names))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_question_is_an_error_of_ours(desk: Desk, data: st.DataObject) -> None:
    method, path, operation = data.draw(st.sampled_from(routes(desk)), label="route")
    query = drawn_query(data, operation)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    content = drawn_body(data, body["schema"], desk) if body else None
    answer = asyncio.run(send(desk, method, path, query, content))
    assert answer.status_code in KNOWN, answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


async def send(
    desk: Desk, method: str, path: str, query: list[tuple[str, str]], content: Any
) -> httpx.Response:
    # As ASCII with escapes: so a lone surrogate arrives as a script would send it.
    body = None if content is None else json.dumps(content).encode()
    headers = {"authorization": "Bearer worker", "content-type": "application/json"}
    transport = httpx.ASGITransport(app=desk.app)
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers) as client:
        return await client.request(method.upper(), path, params=query, content=body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'"\\ud800"', b"[" * 5_000, b"NaN"])
async def test_a_body_that_is_no_json_is_refused(desk: Desk, body: bytes) -> None:
    async with desk.client() as client:
        for path in ("/sql", "/grafana/query", "/grafana/annotations"):
            headers = {"content-type": "application/json"}
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code in {400, 422}
            assert answer.headers["content-type"] == "application/problem+json"
