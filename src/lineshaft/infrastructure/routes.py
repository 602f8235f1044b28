"""HTTP routes that nobody reaches without saying who is asking."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer


def signed_in_routes(actor_of: Callable[[Request], object], **options: Any) -> APIRouter:
    """Return a router that keeps who is asking in `request.state.actor`.

    Args:
        actor_of: says who is asking, or raises Unauthorized.
        options: of `fastapi.APIRouter`.
    """

    def sign_in(request: Request) -> None:
        request.state.actor = actor_of(request)

    bearer = HTTPBearer(auto_error=False, description="An API token of a person.")
    return APIRouter(dependencies=[Depends(bearer), Depends(sign_in)], **options)
