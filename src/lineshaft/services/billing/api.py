"""Documents over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period, format_instant, parse_instant
from lineshaft.infrastructure.routes import READING, REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.completeness import Shortfall, shortfalls
from lineshaft.services.billing.document import rated_content
from lineshaft.services.billing.model import (
    DOCUMENTS_PAGE_MAX,
    LATE_PAGE_MAX,
    DocumentHead,
    DocumentQuery,
    shown_percent,
)
from lineshaft.services.billing.release import RELEASE_CHARACTERS_MAX
from lineshaft.services.billing.service import Billing

INVOICES, LATE = "/api/v1/invoices", "/api/v1/late-periods"
REPLENISHMENT = "/api/v1/contracts/{contract}/replenishment"
TEXT_CHARACTERS_MAX = 200

ActorOf = Callable[[Request], Actor]
Text = Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX)]
InstantText = Annotated[
    str, Query(max_length=TEXT_CHARACTERS_MAX, description="Such as 2027-01-01T00:00:00Z.")
]
LimitOfDocuments = Annotated[int, Query(ge=1, le=DOCUMENTS_PAGE_MAX)]
LimitOfPeriods = Annotated[int, Query(ge=1, le=LATE_PAGE_MAX)]


class BilledPeriod(BaseModel):
    """A contract and a billed period of it, `[start, end)`."""

    model_config = ConfigDict(extra="forbid")

    contract: str = Field(max_length=TEXT_CHARACTERS_MAX)
    start: str = Field(max_length=TEXT_CHARACTERS_MAX, examples=["2027-06-01T00:00:00Z"])
    end: str = Field(max_length=TEXT_CHARACTERS_MAX, examples=["2027-07-01T00:00:00Z"])

    @property
    def period(self) -> Period:
        """The period."""
        return Period.parse(self.start, self.end)


class PeriodToBill(BilledPeriod):
    """What is billed, and why although less is known than the contract asks for."""

    reason: str | None = Field(
        default=None,
        max_length=RELEASE_CHARACTERS_MAX,
        description="Stands on the document where it is needed, and nowhere else.",
    )


def router(billing: Billing, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        billing: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["billing"])
    _add_lists(routes, billing)
    _add_documents(routes, billing)
    _add_issuing(routes, billing)
    return routes


def _add_lists(routes: APIRouter, billing: Billing) -> None:
    @routes.get(REPLENISHMENT)
    def replenishment(request: Request, contract: str) -> dict[str, Any]:
        """Return the stocks of consumables of a contract now, and which of them to order."""
        found = billing.replenishment(request.state.actor, contract)
        return {"stocks": [each.to_content() for each in found]}

    @routes.get(INVOICES)
    def documents(  # noqa: PLR0913, PLR0917 - the filters
        request: Request,
        contract: Text = "",
        type: Text = "",  # noqa: A002 - the name of the field
        since: InstantText = "",
        until: InstantText = "",
        before: Text = "",
        limit: LimitOfDocuments = DOCUMENTS_PAGE_MAX,
    ) -> dict[str, Any]:
        """Return the heads of documents, the latest first.

        `since` and `until` bound the beginning of the service period, and come together. `next` is
        null after the last document, else it is `before` of the next page.
        """
        if bool(since) != bool(until):
            msg = "since and until bound the service period together: expected both or none"
            raise Invalid(msg)
        within = Period(parse_instant(since), parse_instant(until)) if since else None
        query = DocumentQuery(
            contract=contract or None,
            before=before or None,
            limit=limit,
            type=type or None,
            within=within,
        )
        heads = billing.documents(request.state.actor, query)
        following = heads[-1].number if len(heads) == limit else None
        return {"invoices": [head_content(head) for head in heads], "next": following}

    @routes.get(LATE)
    def late(
        request: Request, before: Text = "", limit: LimitOfPeriods = LATE_PAGE_MAX
    ) -> dict[str, Any]:
        """Return issued periods whose usage is not any more what was billed.

        A page measures `limit` issued periods again, the newest first; `next` is null after the
        last one, else it is `before` of the next page.
        """
        page = billing.late(request.state.actor, before or None, limit)
        periods = [
            {"document": head_content(one.document), "meters": list(one.meters)}
            for one in page.periods
        ]
        return {"periods": periods, "next": page.next}


def _add_documents(routes: APIRouter, billing: Billing) -> None:
    @routes.get(INVOICES + "/{number}")
    def document(request: Request, number: str) -> Response:
        """Return a document: the bytes that were signed when it was issued."""
        issued = billing.document(request.state.actor, number)
        headers = {
            "content-disposition": f'attachment; filename="{issued.number}.json"',
            "cache-control": "no-store",
        }
        return Response(issued.file, media_type="application/json", headers=headers)

    @routes.get(INVOICES + "/{number}/documents")
    def of_period(request: Request, number: str) -> dict[str, Any]:
        """Return all documents of the period of a document, in order."""
        heads = billing.of_period(request.state.actor, number)
        return {"invoices": [head_content(head) for head in heads]}


def _add_issuing(routes: APIRouter, billing: Billing) -> None:
    @routes.post(INVOICES + "/preview", openapi_extra=READING)
    def preview(request: Request, given: BilledPeriod) -> dict[str, Any]:
        """Return what the document of a period would say now, and what blocks it."""
        rated = billing.preview(request.state.actor, given.contract, given.period)
        blocked = [_shortfall(each) for each in shortfalls(rated)]
        return {"document": rated_content(rated), "blocked": blocked}

    @routes.post(INVOICES, openapi_extra=REPEATABLE)
    def issue(request: Request, given: PeriodToBill) -> dict[str, Any]:
        """Issue the document of a period, once: asked again, the same document is the answer."""
        issued = billing.issue(
            request.state.actor, given.contract, given.period, reason=given.reason
        )
        return head_content(issued)

    @routes.post(INVOICES + "/correct", openapi_extra=REPEATABLE)
    def correct(request: Request, given: PeriodToBill) -> dict[str, Any]:
        """Rate an issued period again and document the difference, if there is one."""
        found = billing.correct(request.state.actor, given.contract, given.period, given.reason)
        return {"document": head_content(found.document), "is_new": found.is_new}


def head_content(head: DocumentHead) -> dict[str, Any]:
    """Return what is known of a document without opening it."""
    return {
        "number": head.number,
        "contract": head.contract,
        "contract_version": head.contract_version,
        "period": {
            "start": format_instant(head.period.start),
            "end": format_instant(head.period.end),
        },
        "known_at": format_instant(head.known_at),
        "issued_at": format_instant(head.issued_at),
        "gross": {"amount": f"{head.gross.amount:f}", "currency": head.gross.currency},
        "sha256": head.sha256,
        "type": head.type,
        "correction": head.correction,
    }


def _shortfall(found: Shortfall) -> dict[str, Any]:
    minimum = found.minimum
    return {
        "usage": found.place,
        "machine": found.record.meter.machine,
        "meter": found.record.meter.id,
        "known_percent": shown_percent(found.known),
        "minimum_percent": None if minimum is None else shown_percent(minimum),
    }
