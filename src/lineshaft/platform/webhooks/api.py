"""Webhooks over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.platform.webhooks.model import (
    KINDS_MAX,
    REPLAYED_MAX,
    URL_CHARACTERS_MAX,
    Delivery,
    DeliveryState,
)
from lineshaft.platform.webhooks.service import Webhooks
from lineshaft.security.authorisation.model import Actor

PATH = "/api/v1/webhooks"
TEXT_CHARACTERS_MAX = 200

ActorOf = Callable[[Request], Actor]


class NewWebhook(BaseModel):
    """Where to, and of what."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=URL_CHARACTERS_MAX, description="Where events are sent to.")
    kinds: list[str] = Field(
        default=[],
        max_length=KINDS_MAX,
        description="Types of events, such as InvoiceIssued; none means all.",
    )


class Replay(BaseModel):
    """One event, or a period."""

    model_config = ConfigDict(extra="forbid")

    event: str | None = Field(None, max_length=TEXT_CHARACTERS_MAX, description="Id of an event.")
    start: str | None = Field(None, max_length=40, description="First instant, RFC 3339.")
    end: str | None = Field(None, max_length=40, description="First instant after, RFC 3339.")

    def which(self) -> str | Period:
        """Return what is replayed.

        Raises:
            Invalid: when it is neither an event nor a period.
        """
        match (self.event, self.start, self.end):
            case (str(event), None, None):
                return event
            case (None, str(start), str(end)):
                return Period.parse(start, end)
            case _:
                msg = "cannot replay this: expected either event, or start and end"
                raise Invalid(msg)


def router(webhooks: Webhooks, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        webhooks: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["webhooks"])
    _add_webhooks(routes, webhooks)
    _add_deliveries(routes, webhooks)
    return routes


def _add_webhooks(routes: APIRouter, webhooks: Webhooks) -> None:
    @routes.get(PATH)
    def listed(request: Request) -> dict[str, Any]:
        """Return the webhooks that the caller may see; there are few, and no pages."""
        found = webhooks.webhooks(request.state.actor)
        return {"webhooks": [each.to_content() for each in found]}

    @routes.post(PATH, status_code=HTTPStatus.CREATED)
    def add(request: Request, content: NewWebhook) -> dict[str, Any]:
        """Make a webhook; `secret` checks the signatures, and is in no other answer."""
        made = webhooks.add(request.state.actor, content.url, tuple(content.kinds))
        return made.to_content() | {"secret": made.secret}

    @routes.get(PATH + "/{id_}")
    def one(request: Request, id_: str) -> dict[str, Any]:
        """Return a webhook."""
        return webhooks.webhook(request.state.actor, id_).to_content()

    @routes.delete(PATH + "/{id_}", status_code=HTTPStatus.NO_CONTENT)
    def remove(request: Request, id_: str) -> Response:
        """Remove a webhook and what is known of its deliveries."""
        webhooks.remove(request.state.actor, id_)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @routes.post(PATH + "/{id_}/pause", openapi_extra=REPEATABLE)
    def pause(request: Request, id_: str) -> dict[str, Any]:
        """Send nothing more until it is resumed; what happens meanwhile waits for three days."""
        return webhooks.pause(request.state.actor, id_).to_content()

    @routes.post(PATH + "/{id_}/resume", openapi_extra=REPEATABLE)
    def resume(request: Request, id_: str) -> dict[str, Any]:
        """Go on with what waits, at once."""
        return webhooks.resume(request.state.actor, id_).to_content()


def _add_deliveries(routes: APIRouter, webhooks: Webhooks) -> None:
    @routes.get(PATH + "/{id_}/deliveries")
    def deliveries(
        request: Request,
        id_: str,
        page: Annotated[ListPage, Depends()],
        state: Annotated[DeliveryState | None, Query(description="Only these.")] = None,
    ) -> Response:
        """Return what was sent or waits, the latest first."""
        found = webhooks.deliveries(request.state.actor, id_, state, page.request)
        return paged(request, "deliveries", found, Delivery.to_content)

    @routes.get(PATH + "/{id_}/deliveries/{event}")
    def delivery(request: Request, id_: str, event: str) -> dict[str, Any]:
        """Return a delivery with the event itself and every attempt to send it."""
        found, attempts = webhooks.delivery(request.state.actor, id_, event)
        return found.to_content() | {
            "payload": found.payload.decode(),
            "log": [attempt.to_content() for attempt in attempts],
        }

    @routes.post(PATH + "/{id_}/replay", description=_REPLAY)
    def replay(request: Request, id_: str, content: Replay) -> dict[str, Any]:
        """Send an event again, or all that came in a period."""
        return {"replayed": webhooks.replay(request.state.actor, id_, content.which())}


_REPLAY = (
    "Everything has the same `webhook-id` as before, so that a receiver that has counted it counts "
    f"it no second time. At most {REPLAYED_MAX} deliveries at once; what happened before the "
    "webhook was made is not sent."
)
