"""HTTP routes that nobody reaches without saying who is asking, described as OpenAPI wants it.

Every writing route takes an `Idempotency-Key`; nothing has to be done for it in a room, except
that a POST which changes nothing when it is made again says so with `REPEATABLE`.
"""

import re
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from typing_extensions import override

from lineshaft.core.errors import KINDS, InvariantError
from lineshaft.infrastructure.idempotency import (
    HEADER,
    KEPT_US,
    KEY_CHARACTERS_MAX,
    Fingerprint,
    KeptAnswer,
    KeptAnswers,
    read_key,
)

KEYED_BODY_BYTES_MAX = 4 * 1024 * 1024
"""Body of a request with a key."""
REPLAYED = "idempotency-replayed"
"""Header of an answer that was given before."""
REPEATABLE: dict[str, Any] = {"x-repeatable": True}
"""`openapi_extra` of a POST that changes nothing when the same request is made again."""
READING: dict[str, Any] = {"x-reading": True}
"""`openapi_extra` of a POST that only asks: a question too long for a query."""
_WORD = re.compile(r"[a-z0-9]+")
_SAFE, _ALWAYS_REPEATABLE = {"GET", "HEAD", "OPTIONS"}, {"PUT", "DELETE"}

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457); `error` is the kind of the refusal.",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error": {"type": "string", "enum": [kind.__name__ for kind in KINDS]},
    },
}
_SAID = {
    401: "Nobody is asking: the token is missing, unknown, ended or revoked.",
    403: "The actor may not do this.",
    422: "Something of the request is missing, malformed or beyond its limit; `detail` says which.",
    429: "A named maximum is reached; try again later.",
    503: "The hub cannot answer at the moment; try again later.",
}
_SAID_OF_ONE = {404: "There is no such thing, or the actor may not know that there is."}
_SAID_OF_WRITING = {
    409: f"It contradicts what is recorded, or the request of this {HEADER} is still under way.",
    412: "The thing has changed meanwhile, or is not in the right state.",
}
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX},
    "description": (
        "Made by the client, one for each request that it means: the same request with it is "
        f"carried out once and has the same answer for {KEPT_US // 3_600_000_000} hours."
    ),
}


class _Asking(Protocol):
    """Whoever is asking."""

    @property
    def id(self) -> str: ...


def problems(said: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """Return `responses` of a route: what a status means, as problem details."""
    return {
        status: {
            "description": text,
            "content": {"application/problem+json": {"schema": PROBLEM}},
        }
        for status, text in said.items()
    }


def signed_in_routes(actor_of: Callable[[Request], _Asking], **options: Any) -> APIRouter:
    """Return a router that keeps who is asking in `request.state.actor`.

    Args:
        actor_of: says who is asking, or raises Unauthorized.
        options: of `fastapi.APIRouter`; `responses` are added to those that every route has.
    """

    def sign_in(request: Request) -> None:
        if not hasattr(request.state, "actor"):
            request.state.actor = actor_of(request)

    class Route(_Route):
        """A route that knows who is asking before it is entered."""

        @override
        def who(self, request: Request) -> _Asking:
            return actor_of(request)

    bearer = HTTPBearer(auto_error=False, description="An API token of a person.")
    responses = problems(_SAID) | options.pop("responses", {})
    return APIRouter(
        dependencies=[Depends(bearer), Depends(sign_in)],
        route_class=Route,
        generate_unique_id_function=_operation_id,
        responses=responses,
        **options,
    )


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its method and path, which are unique together.

    Example: `GET /api/v1/incidents/{id_}` is `get_incidents_by_id`.
    """
    path = route.path.removeprefix("/api/v1/")
    parts = [f"by_{part}" if "{" in part else part for part in path.split("/")]
    words = [min(route.methods or _SAFE), *parts]
    return "_".join(_WORD.findall(" ".join(words).lower().replace("by_{", "by ")))


class _Route(APIRoute):
    """A route whose summary is the first line of its docstring and whose writing takes a key."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        lines = (endpoint.__doc__ or "").strip().splitlines() or [""]
        options["summary"] = options.get("summary") or lines[0].rstrip(".")
        said = dict(_SAID_OF_ONE) if "{" in path else {}
        extra = options.get("openapi_extra") or {}
        self._takes_key = not (
            set(options.get("methods") or _SAFE) <= _SAFE or "x-reading" in extra
        )
        if self._takes_key:
            said |= _SAID_OF_WRITING
            others = [one for one in extra.get("parameters", []) if one != _KEY_PARAMETER]
            options["openapi_extra"] = extra | {"parameters": [*others, _KEY_PARAMETER]}
        options["responses"] = problems(said) | (options.get("responses") or {})
        super().__init__(path, endpoint, **options)

    def who(self, request: Request) -> _Asking:
        """Say who is asking."""
        raise NotImplementedError

    def _answering(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_once(request: Request) -> Response:
            header = request.headers.get(HEADER)
            if header is None or not self._takes_key:
                return await answer(request)
            return await self._once(request, read_key(header), answer)

        return answer_once

    get_route_handler = _answering
    """What FastAPI asks a route for, in its words."""

    async def _once(
        self,
        request: Request,
        key: str,
        answer: Callable[[Request], Coroutine[Any, Any, Response]],
    ) -> Response:
        """Carry out a request with a key, or give the answer that it had."""
        kept = getattr(request.app.state, "kept_answers", None)
        if not isinstance(kept, KeptAnswers):
            msg = f"{request.url.path} was asked with a key, and nothing keeps its answer"
            raise InvariantError(msg)
        actor = await run_in_threadpool(self.who, request)
        request.state.actor = actor
        asked = Fingerprint.of(actor.id, key, _parts(request), await _body(request))
        is_repeatable = self._is_repeatable(request.method)
        with ExitStack() as held:
            held.enter_context(kept.running(asked))
            before = await run_in_threadpool(kept.find, asked, is_repeatable=is_repeatable)
            if before is not None:
                headers = {REPLAYED: "true", "cache-control": "no-store"}
                return Response(
                    before.body, before.status, headers=headers, media_type=before.media_type
                )
            held.enter_context(kept.marked(asked, is_repeatable=is_repeatable))
            given = await answer(request)
        if hasattr(given, "body"):
            media_type = given.headers.get("content-type", "")
            made = KeptAnswer(given.status_code, media_type, bytes(given.body))
            await run_in_threadpool(kept.keep, asked, made)
        return given

    def _is_repeatable(self, method: str) -> bool:
        return method in _ALWAYS_REPEATABLE or bool((self.openapi_extra or {}).get("x-repeatable"))


def _parts(request: Request) -> tuple[str, str, str, str]:
    media_type = request.headers.get("content-type", "")
    return request.method, request.url.path, request.url.query, media_type


async def _body(request: Request) -> bytes:
    """Read the body, and no more of it than the maximum; the route itself finds it again."""
    size, parts = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > KEYED_BODY_BYTES_MAX:
            said = f"the body of a request with a key is larger than {KEYED_BODY_BYTES_MAX} bytes"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
        parts.append(chunk)
    body = b"".join(parts)
    request._body = body  # noqa: SLF001 - as `Request.body` does, which knows no maximum
    return body


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Read a body that may be larger than a form, and no more of it than a maximum.

    Raises:
        HTTPException: with 413 beyond the maximum, with 400 where it ends too early.
    """
    parts, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > bytes_max:
                said = f"the body is larger than {bytes_max} bytes"
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
            parts.append(chunk)
    except ClientDisconnect as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body ended too early") from error
    return b"".join(parts)
