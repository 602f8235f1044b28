"""What a correction documents: the new rating less everything documented before; pure.

Lines meet by id and tax. Amounts are compared after their one rounding, so that the lines of all
documents of a period add up to the lines of its last rating, exactly. Tax is rounded once for each
document, as EN 16931-1 BR-CO-17 wants it of every document by itself.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from lineshaft.core.money import Money
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import (
    CORRECTED_INVOICE,
    CREDIT_NOTE,
    Difference,
    Documented,
    DocumentedLine,
    RatedDocument,
    RatedLine,
)
from lineshaft.services.billing.rating import sum_up
from lineshaft.services.contracts.model import Vat

_ONE = Quantity(Fraction(1), "C62")
_Key = tuple[str, Vat]


def difference(rated: RatedDocument, documented: Sequence[Documented]) -> Difference | None:
    """Return what is still to be charged or credited; None when the sums are equal already.

    Lines that only move an amount between them (usage that came late below a minimum) owe nothing:
    they are restated by the next document that there is a reason for.

    Args:
        rated: the period as it is known now.
        documented: every document of the period, in the order in which they were issued.
    """
    currency = rated.contract.currency
    new = {(line.id, line.vat): line for line in rated.lines}
    said = _said(documented)
    lines = []
    for key in dict.fromkeys([*new, *said]):
        line = _line(new.get(key), said.get(key, []), currency)
        lines += [line] if line.exact else []
    totals = sum_up(lines, currency)
    if not any(group.base.as_fraction() for group in totals.vat):
        return None
    if totals.gross.as_fraction() >= 0:
        return Difference(CORRECTED_INVOICE, tuple(lines), totals)
    lines = [_turned(line) for line in lines]
    return Difference(CREDIT_NOTE, tuple(lines), sum_up(lines, currency))


def signed(document: Documented, line: DocumentedLine) -> Money:
    """Return what a line adds to what is owed; a line of a credit note lowers it."""
    return -line.amount if document.type == CREDIT_NOTE else line.amount


def _said(
    documented: Sequence[Documented],
) -> Mapping[_Key, list[tuple[str, DocumentedLine, Money]]]:
    said: dict[_Key, list[tuple[str, DocumentedLine, Money]]] = {}
    for document in documented:
        for line in document.lines:
            entry = (document.number, line, signed(document, line))
            said.setdefault((line.id, line.vat), []).append(entry)
    return said


def _line(
    new: RatedLine | None, said: Sequence[tuple[str, DocumentedLine, Money]], currency: str
) -> RatedLine:
    """Take what was documented from what is right now; a line that is gone is right at nothing."""
    right = Money.zero(currency) if new is None else new.amount
    steps: list[dict[str, Any]] = [{"kind": "rated", "amount": f"{right.amount:f}"}]
    exact = right.as_fraction()
    for number, _, amount in said:
        steps.append({"kind": "documented", "document": number, "amount": f"{amount.amount:f}"})
        exact -= amount.as_fraction()
    like: RatedLine | DocumentedLine = said[-1][1] if new is None else new
    return RatedLine(
        id=like.id,
        kind=like.kind,
        description=like.description,
        quantity=_ONE,
        steps=tuple(steps),
        exact=exact,
        amount=Money.rounded(exact, currency),
        vat=like.vat,
        usage=() if new is None else new.usage,
        period=like.period,
    )


def _turned(line: RatedLine) -> RatedLine:
    """Write a line as a credit note does: what lowers the amount owed is positive."""
    return replace(
        line, steps=(*line.steps, {"kind": "credited"}), exact=-line.exact, amount=-line.amount
    )
