"""Modifiers: one pure function each, in one order that no contract can change.

The order, and why:

1. `take_or_pay`: what is missing is charged at a price, so it belongs to the priced quantity;
2. `indexation`: prices follow the indices, also the price of what is missing; the amounts below are
   as they were agreed;
3. `minimum`: the least that is due for what was priced;
4. `cap`: after the minimum, so that nothing that is added passes it;
5. `discount`: off what is due, a bargain that may go below the minimum;
6. `credit`: last, since a fixed amount must be worth the same whatever stands before it.

Each is given what the one before it made. Rounding comes after all of them, once for the line.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from lineshaft.services.billing.modifiers.cap import cap
from lineshaft.services.billing.modifiers.charge import (
    Charge,
    ContractYear,
    Modified,
    Steps,
    share_step,
)
from lineshaft.services.billing.modifiers.credit import credit
from lineshaft.services.billing.modifiers.discount import discount
from lineshaft.services.billing.modifiers.indexation import indexation
from lineshaft.services.billing.modifiers.minimum import minimum
from lineshaft.services.billing.modifiers.take_or_pay import take_or_pay
from lineshaft.services.contracts.model import Modifiers

__all__ = ["ORDER", "Charge", "ContractYear", "Modified", "modify", "share_step"]

ORDER: tuple[Callable[[Charge, Any], Modified], ...] = (
    take_or_pay,
    indexation,
    minimum,
    cap,
    discount,
    credit,
)


def modify(charge: Charge, modifiers: Modifiers | None) -> Modified:
    """Apply what a price has of modifiers, in `ORDER`; none leaves the amount as it is."""
    steps: Steps = ()
    for function in ORDER:
        terms = getattr(modifiers, function.__name__, None)
        if terms is not None:
            modified = function(charge, terms)
            charge = replace(charge, amount=modified.amount)
            steps += modified.steps
    return Modified(charge.amount, steps)
