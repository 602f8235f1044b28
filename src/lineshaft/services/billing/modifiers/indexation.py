"""Indexation: prices that follow published indices."""

from fractions import Fraction
from typing import Any

from lineshaft.core.period import Instant, parse_instant
from lineshaft.services.billing.modifiers.charge import Charge, Modified, change
from lineshaft.services.contracts.model import Indexation, PriceIndex


def indexation(charge: Charge, terms: Indexation) -> Modified:
    """Multiply by w_0 + sum of w_i * I_i,t / I_i,0, the price formula.

    I_i,t is the value that counts at the start of the billed period. It stands in the terms with
    its publication, so that a revised value is a new version of the contract, and an old document
    keeps what was published when it was agreed.

    Example: 123.7 h at 410 and 0.2 + 0.5 * 112.4/108.1 + 0.3 * 131.0/127.5 are 52,143.38.
    """
    factor, said = terms.fixed, []
    for index in terms.indices:
        value, publication = _in_force(index, charge.period.start)
        factor += index.weight * value / index.base
        said.append(_content(index, value, publication))
    amount = charge.amount * factor
    step = change(
        "indexation",
        charge.amount,
        amount,
        factor=str(factor),
        fixed=str(terms.fixed),
        indices=said,
    )
    return Modified(amount, (step,))


def _in_force(index: PriceIndex, at: Instant) -> tuple[Fraction, str | None]:
    """Return the last value that counts already; the base before there is one."""
    value, publication = index.base, None
    for each in index.values:
        if parse_instant(each.since) > at:
            break
        value, publication = each.value, each.publication
    return value, publication


def _content(index: PriceIndex, value: Fraction, publication: str | None) -> dict[str, Any]:
    return {
        "id": index.id,
        "weight": str(index.weight),
        "base": str(index.base),
        "value": str(value),
        "publication": publication,
    }
