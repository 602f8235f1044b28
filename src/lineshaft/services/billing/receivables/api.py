"""Payments, disputes and what is due over HTTP; `web` mounts the router and says who is asking."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.money import Money
from lineshaft.core.pages import Page, PageRequest
from lineshaft.infrastructure.pages import (
    FILES,
    FormatParameter,
    ListFormat,
    ListPage,
    walked,
)
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.receivables.content import (
    claim_content,
    dispute_content,
    payment_content,
)
from lineshaft.services.billing.receivables.model import (
    DISPUTED_LINES_MAX,
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    Claim,
    ClaimPage,
    DisputeOutcome,
)
from lineshaft.services.billing.receivables.paging import page_of_claims
from lineshaft.services.billing.receivables.service import Receivables

INVOICE = "/api/v1/invoices/{number}"
RECEIVABLES = "/api/v1/receivables"
NUMBER_CHARACTERS_MAX = 200
AMOUNT_PATTERN = r"^-?\d{1,18}(\.\d{1,4})?$"

ActorOf = Callable[[Request], Actor]
Reference = Annotated[
    str, Field(max_length=REFERENCE_CHARACTERS_MAX, description="Of the bank; natural key.")
]


LineId = Annotated[str, Field(max_length=NUMBER_CHARACTERS_MAX, description="Id of a line.")]


class _Given(BaseModel):
    """What somebody sends; other fields than these are refused."""

    model_config = ConfigDict(extra="forbid")


class PaymentGiven(_Given):
    """Money that came in for a document."""

    reference: Reference
    amount: str = Field(pattern=AMOUNT_PATTERN, description="Exact; below zero when paid back.")
    currency: str = Field(pattern="^[A-Z]{3}$")
    received_on: dt.date = Field(description="Day of value.")


class TakenBack(_Given):
    """A payment that was a mistake, or bounced."""

    reference: Reference
    taken_back_on: dt.date


class LineGiven(_Given):
    """A line that a customer does not agree with."""

    line: LineId
    amount: str | None = Field(
        default=None,
        pattern=AMOUNT_PATTERN,
        description="With its tax, in the currency of the document; left out: all of it.",
    )


class DisputeGiven(_Given):
    """Why a customer does not agree, and with what."""

    reason: str = Field(max_length=REASON_CHARACTERS_MAX)
    lines: list[LineGiven] = Field(
        default=[], max_length=DISPUTED_LINES_MAX, description="None: the whole document."
    )


class AnswerGiven(_Given):
    """How a dispute ends; what is upheld is made good by a correction."""

    outcome: DisputeOutcome
    answer: str = Field(max_length=REASON_CHARACTERS_MAX)
    lines: list[LineId] = Field(
        default=[],
        max_length=DISPUTED_LINES_MAX,
        description="Of one dispute; none: all that is open of the first one that is.",
    )


def router(receivables: Receivables, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        receivables: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["receivables"])
    _add_claims(routes, receivables)
    _add_payments(routes, receivables)
    _add_disputes(routes, receivables)
    return routes


def _add_claims(routes: APIRouter, receivables: Receivables) -> None:
    @routes.get(RECEIVABLES, responses=FILES)
    def open_claims(
        request: Request,
        page: Annotated[ListPage, Depends()],
        shape: FormatParameter = ListFormat.JSON,
    ) -> Response:
        """Return what is open or disputed, with due date, age and the reminder that is due.

        A page looks at 100 billed periods at most, the newest first: it may have
        fewer items, or none, and others behind it.
        """
        actor = request.state.actor

        def pages(asked: PageRequest) -> Page[Claim]:
            def look(before: str | None, limit: int) -> ClaimPage:
                return receivables.open_claims(actor, before, limit)

            return page_of_claims("receivables", look, asked)

        return walked(request, "claims", pages, claim_content, (page, shape))

    @routes.get(INVOICE + "/claims")
    def claims(request: Request, number: str) -> dict[str, Any]:
        """Return what is open of all documents of the period of a document."""
        found = receivables.claims(request.state.actor, number)
        return {"claims": [claim_content(each) for each in found]}


def _add_payments(routes: APIRouter, receivables: Receivables) -> None:
    @routes.get(INVOICE + "/payments")
    def payments(request: Request, number: str) -> dict[str, Any]:
        """Return the payments of a document, as they were recorded."""
        found = receivables.payments(request.state.actor, number)
        return {"payments": [payment_content(each) for each in found]}

    @routes.post(INVOICE + "/payments", openapi_extra=REPEATABLE)
    def record(request: Request, number: str, given: PaymentGiven) -> dict[str, Any]:
        """Record money that came in, once for each reference; the same again changes nothing."""
        made = receivables.record_payment(
            request.state.actor,
            number,
            Money(Decimal(given.amount), given.currency),
            given.received_on,
            given.reference,
        )
        return payment_content(made)

    @routes.post(INVOICE + "/payments/taken-back", openapi_extra=REPEATABLE)
    def take_back(request: Request, number: str, given: TakenBack) -> dict[str, Any]:
        """Take a payment back, once: one of the opposite amount follows it."""
        made = receivables.take_back(
            request.state.actor, number, given.reference, given.taken_back_on
        )
        return payment_content(made)


def _add_disputes(routes: APIRouter, receivables: Receivables) -> None:
    @routes.get(INVOICE + "/disputes")
    def disputes(request: Request, number: str) -> dict[str, Any]:
        """Return the disputes of a document, in order."""
        found = receivables.disputes(request.state.actor, number)
        return {"disputes": [dispute_content(each) for each in found]}

    @routes.post(INVOICE + "/disputes")
    def open_dispute(request: Request, number: str, given: DisputeGiven) -> dict[str, Any]:
        """Dispute a document or lines of it within its window; each line has one open dispute."""
        lines = {
            each.line: None if each.amount is None else Decimal(each.amount) for each in given.lines
        }
        made = receivables.open_dispute(request.state.actor, number, given.reason, lines)
        return dispute_content(made)

    @routes.post(INVOICE + "/disputes/answer")
    def answer(request: Request, number: str, given: AnswerGiven) -> dict[str, Any]:
        """Answer an open dispute of a document or lines of it; who opened it may withdraw it."""
        return dispute_content(
            receivables.resolve_dispute(
                request.state.actor, number, given.outcome, given.answer, given.lines
            )
        )
