"""Refusals of the API as problem details (RFC 9457), by the kind of the error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from lineshaft.core.errors import (
    Invalid,
    LineshaftError,
    NotFound,
    RateLimited,
    Refusal,
    Unauthorized,
)
from lineshaft.web import errors

API = "/api/"
MEDIA_TYPE = "application/problem+json"
TYPE = "urn:lineshaft:refusal:"
"""Before the kind: what `type` says."""
RETRY_SECONDS = 10
VIOLATIONS_MAX = 20
"""Wrong parameters that one answer lists."""


def answer_with_problems(app: FastAPI) -> None:
    """Answer every refusal of the API with a problem."""

    @app.exception_handler(LineshaftError)
    async def refuse(request: Request, error: LineshaftError) -> Response:
        errors.log(error, request.url.path)
        headers = {"www-authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
        if isinstance(error, RateLimited):
            headers["retry-after"] = str(RETRY_SECONDS)
        said = str(error) if isinstance(error, Refusal) else "the hub is at fault; see its log"
        status, members = errors.status_of(error), getattr(error, "members", {})
        return _problem(errors.kind_of(error), status, said, headers, members)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(_request: Request, error: RequestValidationError) -> Response:
        listed = error.errors()[:VIOLATIONS_MAX]
        said = "; ".join(f"{_place(one['loc'])}: {one['msg']}" for one in listed)
        return _problem("Invalid", Invalid.http_status, f"the request is not as expected: {said}")

    @app.exception_handler(StarletteHTTPException)
    async def refuse_request(request: Request, error: StarletteHTTPException) -> Response:
        if not request.url.path.startswith(API):
            return await http_exception_handler(request, error)
        kind = NotFound if error.status_code == HTTPStatus.NOT_FOUND else Invalid
        return _problem(kind.__name__, error.status_code, str(error.detail), error.headers)


def _problem(
    kind: str,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Make a problem; `error` is the kind once more, for scripts that knew no problems yet.

    Args:
        kind: name of the kind of the refusal.
        status: of the answer.
        detail: what happened, in words.
        headers: of the answer.
        members: what the error says beyond that, for scripts (RFC 9457, section 3.2).
    """
    content: dict[str, Any] = dict(members or {}) | {
        "type": TYPE + kind,
        "title": _TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "error": kind,
    }
    return JSONResponse(content, status, headers=headers, media_type=MEDIA_TYPE)


_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "Range Not Satisfiable",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""Names of RFC 9110, section 15.5, that Python knows since 3.13: each Python says the same."""


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
