"""The OpenAPI description: whatever is asked over HTTP says what it does and how it is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lineshaft.infrastructure.idempotency import HEADER
from tests.web.doors import Served, ask

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]

WRITING = {"post", "put", "patch", "delete"}
LISTS = (
    "/api/v1/clock-offsets",
    "/api/v1/exclusions?machine=mazak01",
    "/api/v1/incidents?machine=mazak01",
    "/api/v1/meter-exchanges?machine=mazak01",
    "/api/v1/estimates?machine=mazak01",
    "/api/v1/usage?producer=erp",
    "/api/v1/historian/refusals",
)


def operations(described: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def flaws(method: str, path: str, operation: Any) -> Iterator[str]:
    """Yield what is missing of the description of one operation."""
    summary = operation.get("summary", "")
    if len(summary.split()) < 3:
        yield f"summary {summary!r}"
    if not operation.get("tags"):
        yield "tag"
    answers = operation["responses"]
    wanted = {"401", "403", "422", "429", "503"} | ({"404"} if "{" in path else set())
    is_reading = "x-reading" in operation or method not in WRITING
    if not is_reading:
        wanted |= {"409", "412"}
        named = {one["name"] for one in operation.get("parameters", [])}
        if HEADER not in named:
            yield f"parameter {HEADER}"
    yield from sorted(wanted - answers.keys())
    for status, answer in answers.items():
        if status >= "400" and "application/problem+json" not in answer.get("content", {}):
            yield f"problem of {status}"


def test_every_route_is_described(hub: Served) -> None:
    described = json.loads(ask(hub, "GET", "/openapi.json").body)
    listed = list(operations(described))
    assert len(listed) > 40
    found = [
        f"{method.upper()} {path}: {flaw}"
        for method, path, operation in listed
        for flaw in flaws(method, path, operation)
    ]
    assert not found, "\n".join(found)
    ids = [operation["operationId"] for _, _, operation in listed]
    assert len(set(ids)) == len(ids)
    assert all(one.replace("_", "").isalnum() and one.islower() for one in ids), ids
    bare = {"responses": {"200": {}, "404": {"description": "x"}}, "operationId": "x"}
    assert len(list(flaws("post", "/x/{y}", bare))) == 11  # a bare route is found out


def test_a_writing_request_is_carried_out_once(hub: Served) -> None:
    bearer = f"Bearer {hub.prepared.engineer_token}"
    headers = {"authorization": bearer, "content-type": "application/json"}
    content = json.dumps(
        {
            "source": "edge-1",
            "valid_from": "2017-06-22T08:00:00Z",
            "offset_us": 1_000,
            "reason": "compared with a radio clock",
        }
    )

    def put(id_: str, key: str) -> Any:
        path = f"/api/v1/clock-offsets/{id_}"
        return ask(hub, "PUT", path, content, **headers, idempotency_key=key)

    first, again, other = put("once", '"k-1"'), put("once", '"k-1"'), put("twice", '"k-1"')
    assert (first.status, again.status, other.status) == (200, 200, 422), first.text
    assert again.body == first.body
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("path", LISTS)
def test_lists_have_one_shape(hub: Served, path: str) -> None:
    headers = {"authorization": f"Bearer {hub.prepared.engineer_token}"}
    join = "&" if "?" in path else "?"
    page = ask(hub, "GET", f"{path}{join}size=1", **headers)
    assert page.status == 200, page.text
    content = json.loads(page.body)
    (items,) = (value for value in content.values() if isinstance(value, list))
    assert len(items) <= 1
    if content["next"] is not None:
        link = page.headers["link"].partition(">")[0].removeprefix("<")
        following = json.loads(ask(hub, "GET", link, **headers).body)
        assert following != content
    assert ask(hub, "GET", f"{path}{join}size=501", **headers).status == 422
    if "historian" not in path:
        for shape, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
            file = ask(hub, "GET", f"{path}{join}format={shape}", **headers)
            assert file.status == 200, file.text
            assert file.body.startswith(start)
            assert file.headers["content-disposition"].endswith(f'.{shape}"')


def test_webhooks_over_http(hub: Served) -> None:
    headers = {"authorization": f"Bearer {hub.prepared.token}", "content-type": "application/json"}
    path = "/api/v1/webhooks"
    asked = json.dumps({"url": "https://customer.example/hook", "kinds": ["InvoiceIssued"]})
    first = ask(hub, "POST", path, asked, **headers, idempotency_key="w-1")
    again = ask(hub, "POST", path, asked, **headers, idempotency_key="w-1")
    assert (first.status, again.body) == (201, first.body), first.text
    made = json.loads(first.body)
    assert made["secret"].startswith("whsec_")
    listed = json.loads(ask(hub, "GET", path, **headers).body)["webhooks"]
    assert [one["id"] for one in listed] == [made["id"]]  # and not that of the maker
    one = f"{path}/{made['id']}"
    assert "secret" not in json.loads(ask(hub, "GET", one, **headers).body)
    assert json.loads(ask(hub, "POST", f"{one}/pause", "{}", **headers).body)["state"] == "paused"
    assert json.loads(ask(hub, "GET", f"{one}/deliveries", **headers).body)["deliveries"] == []
    replay = json.dumps({"event": "evt_1"})
    assert ask(hub, "POST", f"{one}/replay", replay, **headers).status == 404
    assert ask(hub, "POST", f"{one}/replay", "{}", **headers).status == 422
    assert ask(hub, "GET", f"{path}/{hub.prepared.webhook}", **headers).status == 404
    assert ask(hub, "DELETE", one, **headers).status == 204
    assert ask(hub, "GET", one, **headers).status == 404
