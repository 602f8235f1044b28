"""Payments, disputes and what is due over HTTP; `web` mounts the router and says who is asking."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.money import Money
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.receivables.content import (
    claim_content,
    dispute_content,
    payment_content,
)
from lineshaft.services.billing.receivables.model import (
    PERIODS_PAGE_MAX,
    REASON_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    DisputeOutcome,
)
from lineshaft.services.billing.receivables.service import Receivables

INVOICE = "/api/v1/invoices/{number}"
RECEIVABLES = "/api/v1/receivables"
NUMBER_CHARACTERS_MAX = 200
AMOUNT_PATTERN = r"^-?\d{1,18}(\.\d{1,4})?$"

ActorOf = Callable[[Request], Actor]
Reference = Annotated[
    str, Field(max_length=REFERENCE_CHARACTERS_MAX, description="Of the bank; natural key.")
]


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


class DisputeGiven(_Given):
    """Why a customer does not agree."""

    reason: str = Field(max_length=REASON_CHARACTERS_MAX)


class AnswerGiven(_Given):
    """How a dispute ends; what is upheld is made good by a correction."""

    outcome: DisputeOutcome
    answer: str = Field(max_length=REASON_CHARACTERS_MAX)


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
    @routes.get(RECEIVABLES)
    def open_claims(
        request: Request,
        before: Annotated[str, Query(max_length=NUMBER_CHARACTERS_MAX)] = "",
        limit: Annotated[int, Query(ge=1, le=PERIODS_PAGE_MAX)] = PERIODS_PAGE_MAX,
    ) -> dict[str, Any]:
        """Return what is open or disputed, with due date, age and the reminder that is due.

        A page looks at `limit` billed periods, the newest first, and may list fewer documents;
        `next` is null after the last one, else it is `before` of the next page.
        """
        page = receivables.open_claims(request.state.actor, before or None, limit)
        return {"claims": [claim_content(each) for each in page.claims], "next": page.next}

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
        """Dispute a document within its window; while one is open there is no other."""
        return dispute_content(receivables.open_dispute(request.state.actor, number, given.reason))

    @routes.post(INVOICE + "/disputes/answer")
    def answer(request: Request, number: str, given: AnswerGiven) -> dict[str, Any]:
        """Answer the open dispute of a document."""
        return dispute_content(
            receivables.resolve_dispute(request.state.actor, number, given.outcome, given.answer)
        )
