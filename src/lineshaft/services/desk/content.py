"""What studies and accounts of profit come to, as JSON content: exact amounts as texts. Pure."""

from collections.abc import Sequence
from typing import Any

from lineshaft.core.money import Money
from lineshaft.core.period import format_instant
from lineshaft.services.desk.model import (
    Band,
    Cell,
    Figures,
    NoRisk,
    Outcome,
    ProfitEntry,
    ProfitRow,
    Risk,
    SavedStudy,
    TariffEffect,
)
from lineshaft.services.desk.repricing import by_machine_and_month, compare, currencies


def saved_content(saved: SavedStudy) -> dict[str, Any]:
    """Return a saved study."""
    return saved.study.to_content() | {"saved_at": format_instant(saved.saved_at)}


def outcomes_content(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what a run came to; the first two variants of one currency are compared."""
    content: dict[str, Any] = {"outcomes": [_outcome(each) for each in outcomes]}
    pair = outcomes[:2]
    known = sorted({currency for each in pair for currency in currencies(each)})
    if len(pair) > 1 and len(known) == 1:
        content["differences"] = [_difference(each) for each in compare(*pair)]
    return content


def profit_content(rows: Sequence[ProfitRow]) -> list[dict[str, str]]:
    """Return the rows of an account of profit."""
    return [row_content(row) for row in rows]


def row_content(row: ProfitRow) -> dict[str, str]:
    """Return a row of an account of profit."""
    return {"key": row.key} | figures_content(row.figures)


def entry_content(entry: ProfitEntry) -> dict[str, str]:
    """Return an entry of an account of profit."""
    return {
        "amount": f"{entry.amount.amount:f}",
        "contract": entry.contract,
        "currency": entry.amount.currency,
        "detail": entry.detail,
        "kind": entry.kind.value,
        "machine": entry.machine,
        "month": entry.month,
        "offering": entry.offering,
        "origin": entry.origin,
    }


def figures_content(figures: Figures) -> dict[str, str]:
    """Return revenue, credits, costs and margin."""
    return {
        "costs": f"{figures.costs.amount:f}",
        "credits": f"{figures.credits.amount:f}",
        "currency": figures.revenue.currency,
        "margin": f"{figures.margin.amount:f}",
        "revenue": f"{figures.revenue.amount:f}",
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    sums = [
        {"machine": key.partition(" ")[0], "month": key.partition(" ")[2]} | figures_content(found)
        for currency in currencies(outcome)
        for key, found in by_machine_and_month(outcome, currency).items()
    ]
    periods = {period: str(period) for period in {cell.period for cell in outcome.cells}}
    return {
        "cells": [_cell(each, periods[each.period]) for each in outcome.cells],
        "label": outcome.variant.label,
        "machine_months": sums,
        "rated_in_bulk": outcome.in_bulk,
        "rated_one_by_one": dict(outcome.one_by_one),
        "risks": [_risk(each) for each in outcome.risks],
        "unrated": [
            {"contract": each.contract, "period": str(each.period), "reason": each.reason}
            for each in outcome.unrated
        ],
    }


def _cell(cell: Cell, period: str) -> dict[str, Any]:
    return {
        "contract": cell.contract,
        "credits": f"{cell.credits.amount:f}",
        "currency": cell.revenue.currency,
        "evidence_root": cell.evidence_root,
        "is_complete": cell.is_complete,
        "machine": cell.machine,
        "month": cell.month,
        "period": period,
        "revenue": f"{cell.revenue.amount:f}",
    }


def _risk(risk: Risk | NoRisk) -> dict[str, Any]:
    if isinstance(risk, NoRisk):
        return {
            "contract": risk.contract,
            "failures": risk.failures,
            "machine": risk.machine,
            "unknown": risk.reason.value,
        }
    return {
        "contract": risk.contract,
        "credits": _band(risk.credits),
        "currency": risk.mean_credit.currency,
        "failures": risk.failures,
        "histogram": [[_amount(amount), count] for amount, count in risk.histogram],
        "machines": list(risk.machines),
        "margin": _band(risk.margin),
        "mean_credit": _amount(risk.mean_credit),
        "mean_down_us": str(risk.mean_down_us),
        "mean_up_us": str(risk.mean_up_us),
        "missed": str(risk.missed),
        "runs": risk.runs,
        "seed": risk.seed,
    }


def _band(band: Band) -> dict[str, str]:
    return {"p5": _amount(band.low), "p50": _amount(band.middle), "p95": _amount(band.high)}


def _difference(each: TariffEffect) -> dict[str, str]:
    return {
        "after": _amount(each.after),
        "before": _amount(each.before),
        "currency": each.before.currency,
        "machine": each.machine,
        "more": _amount(each.more),
    }


def _amount(money: Money) -> str:
    return f"{money.amount:f}"
