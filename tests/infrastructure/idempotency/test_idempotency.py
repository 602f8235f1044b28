"""A request with a key is carried out once: again, at the same time, and after kill -9."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Invalid, PreconditionFailed, Refusal, Unauthorized
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database, OutboxMessage
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.infrastructure.idempotency import (
    ANSWER_BYTES_MAX,
    KEPT_US,
    KEY_CHARACTERS_MAX,
    KeptAnswers,
    keeper,
    read_key,
)
from lineshaft.infrastructure.idempotency.tables import KEPT_ANSWER
from lineshaft.infrastructure.routes import (
    KEYED_BODY_BYTES_MAX,
    REPEATABLE,
    REPLAYED,
    signed_in_routes,
)
from lineshaft.security.authorisation.model import Actor, Role

NOW = Instant(1_800_000_000_000_000)
Open = Callable[..., Database]


def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse({"detail": str(error)}, error.http_status)


class Shop:
    """Three writing routes; each order is one message in the outbox."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, ManualClock(NOW)
        self.app = FastAPI()
        self.app.add_exception_handler(Refusal, refused)
        self.app.state.kept_answers = KeptAnswers(database, self.clock)
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.after_commit: Callable[[], None] = lambda: None
        self.before_commit: Callable[[], None] = lambda: None
        self.refusal: Exception | None = None
        self.count = 0
        routes = signed_in_routes(self._actor_of)

        @routes.post("/orders")
        async def order(request: Request) -> Any:
            if self.gate is not None:
                self.entered.set()
                await self.gate.wait()
            return await asyncio.to_thread(self._order, (await request.body())[:100])

        @routes.post("/approvals", openapi_extra=REPEATABLE)
        def approve() -> Any:
            return self._order(b"approval")

        @routes.put("/long")
        def long() -> Response:
            self._order(b"long")
            return Response("x" * (ANSWER_BYTES_MAX + 1))

        self.app.include_router(routes)

    def _actor_of(self, request: Request) -> Actor:
        name = request.headers.get("authorization", "")
        if not name:
            raise Unauthorized("who is asking?")
        return Actor(name, Role.ENGINEER, None, name)

    def _order(self, body: bytes) -> dict[str, Any]:
        self.count += 1
        if self.refusal is not None:
            raise self.refusal
        with self.database.unit_of_work() as unit:
            unit.publish(OutboxMessage(f"order-{self.count}", "event.shop", body, NOW))
            unit.after_commit(self.after_commit)
            self.before_commit()
        with self.database.unit_of_work():  # a second one, as some use cases have
            pass
        return {"order": self.count}

    async def ask(self, path: str = "/orders", key: str | None = '"k1"', **asked: Any) -> Any:
        headers = {"authorization": asked.pop("actor", "ann")}
        if key is not None:
            headers["idempotency-key"] = key
        method, body = asked.pop("method", "POST"), asked.pop("body", b'{"n": 1}')
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            return await client.request(method, path, content=body, headers=headers, params=asked)

    def orders(self) -> int:
        with self.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(OUTBOX)) or 0


async def test_the_same_request_has_the_stored_answer(database: Database) -> None:
    shop = Shop(database)
    first, again = await shop.ask(), await shop.ask(key="k1")  # quoted, and as many clients send it
    assert (first.status_code, first.json()) == (200, {"order": 1})
    assert REPLAYED not in first.headers
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers[REPLAYED] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert shop.orders() == 1
    for other in ({"body": b"{}"}, {"path": "/approvals"}, {"page": "2"}):
        reused = await shop.ask(**other)
        assert reused.status_code == 422
        assert "used for another request" in reused.json()["detail"]
    assert (await shop.ask(actor="bob")).json() == {"order": 2}  # keys are those of an actor
    assert (await shop.ask(key=None)).json() == {"order": 3}
    assert (await shop.ask(key="k2")).json() == {"order": 4}
    shop.clock.advance(KEPT_US)
    assert (await shop.ask(body=b"{}")).json() == {"order": 5}  # its time is over: a new key
    with database.read() as connection:
        kept = connection.execute(sa.select(KEPT_ANSWER)).all()
    assert [(row.actor, row.key) for row in kept] == [("ann", "k1")]  # the old ones have gone


async def test_a_request_under_way_is_not_made_twice(database: Database) -> None:
    shop = Shop(database)
    shop.gate = asyncio.Event()
    first = asyncio.create_task(shop.ask())
    await shop.entered.wait()
    busy = await shop.ask()
    assert busy.status_code == 409
    assert "under way" in busy.json()["detail"]
    shop.gate.set()
    assert (await first).json() == {"order": 1}
    assert shop.orders() == 1


async def test_a_second_process_at_the_same_time_is_rolled_back(database: Database) -> None:
    shop, other = Shop(database), Shop(database)
    shop.gate = asyncio.Event()
    first = asyncio.create_task(shop.ask())
    other.count = 10
    await shop.entered.wait()
    assert (await other.ask()).json() == {"order": 11}
    shop.gate.set()
    assert (await first).status_code == 409
    assert shop.orders() == 1
    assert (await shop.ask()).json() == {"order": 11}


async def test_a_refusal_leaves_the_key_free(database: Database) -> None:
    shop = Shop(database)
    shop.refusal = PreconditionFailed("not yet")
    assert (await shop.ask()).status_code == 412
    shop.refusal = None
    assert (await shop.ask()).json() == {"order": 2}
    assert (await shop.ask(actor="")).status_code == 401


async def test_limits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(database)
    assert (await shop.ask(body=b"x" * KEYED_BODY_BYTES_MAX)).status_code == 200
    large = await shop.ask(key="k2", body=b"x" * (KEYED_BODY_BYTES_MAX + 1))
    assert large.status_code == 413
    # An answer that is too long to be kept: the request is made again for it.
    for count in (2, 3):
        assert len((await shop.ask("/long", "k3", method="PUT")).content) > ANSWER_BYTES_MAX
        assert shop.orders() == count
    monkeypatch.setattr(keeper, "RUNNING_MAX", 0)
    assert (await shop.ask(key="k4")).status_code == 429


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ('"a b"', "a b"),
        ('"a\\"b\\\\"', 'a"b\\'),
        ("8e03978e-40d5", "8e03978e-40d5"),
        ("k" * KEY_CHARACTERS_MAX, "k" * KEY_CHARACTERS_MAX),
        ("k" * (KEY_CHARACTERS_MAX + 1), None),
        ('""', None),
        (" ", None),
        ("ключ", None),
    ],
)
def test_keys(header: str, key: str | None) -> None:
    if key is None:
        with pytest.raises(Invalid):
            read_key(header)
    else:
        assert read_key(header) == key


@pytest.mark.crash
@pytest.mark.timeout(60)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_kill_9_before_and_after_the_commit(database_url: str, open_database: Open) -> None:
    """Killed before the commit nothing has happened; killed after it, it happens no second time."""

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def killed(moment: str, path: str, key: str, count: int = 0) -> None:
        child = os.fork()
        if child == 0:
            shop = Shop(Database(database_url))
            shop.count = count
            setattr(shop, moment, kill)
            asyncio.run(shop.ask(path, key))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL

    killed("before_commit", "/orders", "k1")
    killed("after_commit", "/orders", "k2")
    killed("after_commit", "/approvals", "k3", 1)
    shop = Shop(open_database(database_url))
    assert shop.orders() == 2
    shop.count = 100
    assert asyncio.run(shop.ask(key="k1")).json() == {"order": 101}  # nothing had happened
    lost = asyncio.run(shop.ask(key="k2"))
    assert (lost.status_code, shop.count) == (409, 101)
    assert "was carried out at 2027-01-15T08:00:00Z" in json.loads(lost.content)["detail"]
    again = asyncio.run(shop.ask("/approvals", "k3"))  # may be made again, and has an answer then
    assert again.json() == {"order": 102}
    assert asyncio.run(shop.ask("/approvals", "k3")).content == again.content
    assert shop.count == 102
