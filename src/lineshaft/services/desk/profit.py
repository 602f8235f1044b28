"""From documents and recorded costs to an account of profit: exact entries and their sums. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from lineshaft.core.money import Money, allocate
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.billing.document import contract_of, usage_of
from lineshaft.services.billing.model import CREDIT_NOTE, LineKind
from lineshaft.services.contracts.model import Contract
from lineshaft.services.desk.model import (
    CostRecord,
    EntryKind,
    Figures,
    GroupBy,
    Months,
    ProfitEntry,
    ProfitRow,
    month_of,
    sum_figures,
)
from lineshaft.services.desk.repricing import LineOf, shares, weights_of

Binding = Callable[[str, Instant], Contract | None]
"""The contract that bills a machine at an instant."""


def entries_of_cost(
    cost: CostRecord, binding: Binding, machines: Sequence[str]
) -> list[ProfitEntry]:
    """Spread a cost over its months and machines, to the cent.

    Args:
        cost: as it was recorded.
        binding: finds the contract of a machine.
        machines: of the contract that the cost names; empty where it names none.
    """
    names = Months(month_of(cost.period.start), month_of(Instant(cost.period.end - 1))).names()
    spans = [cost.period.intersection(Months(name, name).period()) for name in names]
    known = [(name, span) for name, span in zip(names, spans, strict=True) if span is not None]
    parts = allocate(cost.amount, [Fraction(span.duration_us) for _, span in known])
    found = []
    for (month, span), part in zip(known, parts, strict=True):
        wanted = [cost.machine] if cost.machine else list(machines)
        for machine, amount in (shares(part, wanted, {}) if wanted else {"": part}).items():
            bound = _bound(binding, machine, span) if machine else None
            contract = cost.contract or ("" if bound is None else bound.id)
            offering = bound.offering.id if bound is not None and bound.id == contract else ""
            found.append(
                ProfitEntry(
                    month=month,
                    contract=contract,
                    offering=offering,
                    machine=machine,
                    kind=EntryKind.COST,
                    amount=-amount,
                    origin=cost.id,
                    detail=cost.kind.value,
                )
            )
    return found


def _bound(binding: Binding, machine: str, span: Period) -> Contract | None:
    """Return the contract that bills a machine when a span begins, or else when it ends."""
    return binding(machine, span.start) or binding(machine, Instant(span.end - 1))


def entries_of_document(document: Mapping[str, Any]) -> list[ProfitEntry]:
    """Divide the lines of an issued document by machine; a credit note counts below zero.

    Raises:
        DocumentUnreadable: when it cannot be read.
    """
    contract, usage = contract_of(document), usage_of(document)
    sign = -1 if document["type"] == CREDIT_NOTE else 1
    start = parse_instant(document["service_period"]["start"])
    found = []
    for content in document["lines"]:
        line = LineOf(content["id"], LineKind(content["kind"]), content["usage"])
        is_credit = line.kind is LineKind.SERVICE_CREDIT
        amount = Money.rounded(Fraction(content["amount"]) * sign, contract.currency)
        weights = weights_of(line, usage, contract.terms)
        found += [
            ProfitEntry(
                month=month_of(start, contract.time_zone),
                contract=contract.id,
                offering=contract.offering.id,
                machine=machine,
                kind=EntryKind.CREDIT if is_credit else EntryKind.REVENUE,
                amount=part,
                origin=document["number"],
            )
            for machine, part in shares(amount, contract.machines, weights).items()
        ]
    return found


def rows(entries: Iterable[ProfitEntry], by: GroupBy) -> list[ProfitRow]:
    """Sum entries by what they are divided by, in each currency; the rows add up to all of them."""
    found: dict[tuple[str, str], list[Figures]] = {}
    for entry in entries:
        key = getattr(entry, by.value), entry.amount.currency
        found.setdefault(key, []).append(figures_of(entry))
    return [
        ProfitRow(name, sum_figures(found[name, currency], currency))
        for name, currency in sorted(found)
    ]


def figures_of(entry: ProfitEntry) -> Figures:
    """Return one entry as figures."""
    nothing = Money.zero(entry.amount.currency)
    match entry.kind:
        case EntryKind.REVENUE:
            return Figures(entry.amount, nothing, nothing)
        case EntryKind.CREDIT:
            return Figures(nothing, entry.amount, nothing)
        case EntryKind.COST:
            return Figures(nothing, nothing, -entry.amount)


def _amount(text: str, currency: str, sign: int) -> Money:
    return Money.rounded(Fraction(text) * sign, currency)
