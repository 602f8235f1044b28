"""Asks the HTTP API of a historian in this process, as somebody."""

from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI, Request

from lineshaft.core.errors import Unauthorized
from lineshaft.platform.historian import api
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import Actor
from lineshaft.web import problems
from tests.platform.historian.house import ACTOR, House

HOST = "http://hub.test"
DAY = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-02T00:00:00Z"}


@dataclass
class Desk:
    """The API, and who asks it: a token is the name of an actor."""

    historian: Historian
    actors: dict[str, Actor]

    def __post_init__(self) -> None:
        self.app = FastAPI()
        problems.answer_with_problems(self.app)
        self.app.include_router(api.router(self.historian, self._actor_of))

    def _actor_of(self, request: Request) -> Actor:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.actors:
            raise Unauthorized("who is asking?")
        return self.actors[token]

    def client(self, token: str = "worker") -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url=HOST + api.PREFIX,
            headers={"authorization": f"Bearer {token}"},
        )

    async def get(self, path: str, token: str = "worker", **asked: Any) -> httpx.Response:
        accept = {"accept": asked.pop("accept")} if "accept" in asked else {}
        async with self.client(token) as client:
            return await client.get(path, params=asked, headers=accept)

    async def post(self, path: str, content: Any, token: str = "worker") -> httpx.Response:
        async with self.client(token) as client:
            return await client.post(path, json=content)


def desk_of(house: House, **actors: Actor) -> Desk:
    return Desk(house.historian, {"worker": ACTOR} | actors)
