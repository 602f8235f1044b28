"""Payments, disputes and claims as JSON, for programs."""

from typing import Any

from lineshaft.core.money import Money
from lineshaft.core.period import format_instant
from lineshaft.services.billing.receivables.model import (
    Claim,
    Dispute,
    DisputedLine,
    Payment,
)


def payment_content(payment: Payment) -> dict[str, Any]:
    """Return a payment; below zero what was paid or taken back."""
    return {
        "document": payment.document,
        "reference": payment.reference,
        "amount": money_content(payment.amount),
        "received_on": payment.received_on.isoformat(),
        "recorded_at": format_instant(payment.recorded_at),
        "recorded_by": payment.recorded_by,
    }


def dispute_content(dispute: Dispute) -> dict[str, Any]:
    """Return a dispute with its answer, if it has one; without lines it is of the whole."""
    return {
        "document": dispute.document,
        "position": dispute.position,
        "reason": dispute.reason,
        "opened_at": format_instant(dispute.opened_at),
        "opened_by": dispute.opened_by,
        "lines": [
            {"line": each.line, "amount": money_content(each.amount), **_answer_content(each)}
            for each in dispute.lines
        ],
        **_answer_content(dispute),
    }


def _answer_content(answered: Dispute | DisputedLine) -> dict[str, Any]:
    resolved_at = answered.resolved_at
    return {
        "resolved_at": None if resolved_at is None else format_instant(resolved_at),
        "outcome": None if answered.outcome is None else answered.outcome.value,
        "answer": answered.answer,
    }


def claim_content(claim: Claim) -> dict[str, Any]:
    """Return what is open of a document."""
    return {
        "document": claim.document.number,
        "contract": claim.document.contract,
        "type": claim.document.type,
        "gross": money_content(claim.document.gross),
        "paid": money_content(claim.paid),
        "open": money_content(claim.open),
        "disputed": money_content(claim.disputed),
        "due_on": None if claim.due_on is None else claim.due_on.isoformat(),
        "overdue_days": claim.overdue_days,
        "state": claim.state.value,
        "dunning_level": claim.dunning_level,
        "awaits_correction": claim.awaits_correction,
        "dispute": None if claim.dispute is None else dispute_content(claim.dispute),
    }


def money_content(money: Money) -> dict[str, str]:
    """Return an amount, exact, with its currency."""
    return {"amount": f"{money.amount:f}", "currency": money.currency}
