"""Minimum: an amount that is due at least."""

from lineshaft.services.billing.modifiers.charge import Charge, Modified, change, monthly_amount
from lineshaft.services.contracts.model import MonthlyAmount


def minimum(charge: Charge, terms: MonthlyAmount) -> Modified:
    """Raise the amount to the minimum of the billed period.

    Late usage below the minimum changes the shortfall and not the amount.

    Example: 450 with a minimum of 500 are 500 (shortfall 50); with 30 more still 500 (20).
    """
    least, steps = monthly_amount(charge, terms.amount_per_month, terms.proration)
    amount = max(charge.amount, least)
    return Modified(
        amount, (*steps, change("minimum", charge.amount, amount, minimum_exact=str(least)))
    )
