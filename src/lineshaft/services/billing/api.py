"""Documents over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import Page, PageRequest, cursor_at, place_of
from lineshaft.core.period import Period, format_instant, parse_instant
from lineshaft.infrastructure.pages import (
    FILES,
    FormatParameter,
    ListFormat,
    ListPage,
    walked,
)
from lineshaft.infrastructure.routes import READING, REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.completeness import Shortfall, shortfalls
from lineshaft.services.billing.document import rated_content
from lineshaft.services.billing.model import (
    DOCUMENTS_PAGE_MAX,
    LATE_PAGE_MAX,
    DocumentHead,
    DocumentQuery,
    LatePeriod,
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


class _Wanted:
    """Which documents a request asks for; a dependency of its route."""

    def __init__(
        self,
        contract: Text = "",
        type: Text = "",  # noqa: A002 - the name of the field
        since: InstantText = "",
        until: InstantText = "",
    ) -> None:
        if bool(since) != bool(until):
            msg = "since and until bound the service period together: expected both or none"
            raise Invalid(msg)
        within = Period(parse_instant(since), parse_instant(until)) if since else None
        self.query = DocumentQuery(contract=contract or None, type=type or None, within=within)


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

    @routes.get(INVOICES, responses=FILES)
    def documents(
        request: Request,
        wanted: Annotated[_Wanted, Depends()],
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return the heads of documents, the latest first.

        `since` and `until` bound the beginning of the service period, and come together.
        """
        actor = request.state.actor

        def pages(asked: PageRequest) -> Page[DocumentHead]:
            (before,) = place_of("invoices", asked.after, ("",))
            size = min(asked.size, DOCUMENTS_PAGE_MAX)
            query = replace(wanted.query, before=str(before) or None, limit=size)
            heads = billing.documents(actor, query)
            is_full = len(heads) == size
            return Page(heads, cursor_at("invoices", heads[-1].number) if is_full else None)

        return walked(request, "invoices", pages, head_content, (page, shape))

    @routes.get(LATE, responses=FILES)
    def late(
        request: Request,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return issued periods whose usage is not any more what was billed, the newest first.

        A page measures `size` issued periods again, at most 50: it may have fewer items, or none,
        and others behind it.
        """
        actor = request.state.actor

        def pages(asked: PageRequest) -> Page[LatePeriod]:
            (before,) = place_of("late-periods", asked.after, ("",))
            size = min(asked.size, LATE_PAGE_MAX)
            found = billing.late(actor, str(before) or None, size)
            is_last = found.next is None
            return Page(
                found.periods, None if is_last else cursor_at("late-periods", str(found.next))
            )

        return walked(request, "periods", pages, _late_content, (page, shape))


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


def _late_content(late: LatePeriod) -> dict[str, Any]:
    return {
        "document": head_content(late.document),
        "meters": list(late.meters),
        "recorded": list(late.recorded),
        "is_refused": late.is_refused,
        "is_amended": late.is_amended,
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
