"""Asking a hub over HTTP, without a browser."""

import http.client
import urllib.parse
from dataclasses import dataclass
from functools import cache

from tests.web.hub import PASSWORD, Prepared


@dataclass(frozen=True)
class Served:
    """A hub whose pages are served."""

    address: str
    prepared: Prepared


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(hub: Served, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
    host = hub.address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    answer = Answer(
        response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    )
    connection.close()
    return answer


def sign_in(hub: Served, user_name: str, password: str = PASSWORD, **headers: str) -> Answer:
    form = urllib.parse.urlencode({"user_name": user_name, "password": password, "next": "/x"})
    return ask(hub, "POST", "/sign-in", form, **headers)


@cache
def session_of(hub: Served, user_name: str) -> str:
    """The session of somebody who has signed in, once for all tests: passwords are slow."""
    return new_session_of(hub, user_name)


def new_session_of(hub: Served, user_name: str) -> str:
    cookie = sign_in(hub, user_name).headers["set-cookie"].partition(";")[0]
    return cookie.removeprefix("lineshaft_session=")


def cookie_of(hub: Served, user_name: str) -> str:
    return f"lineshaft_session={session_of(hub, user_name)}"
