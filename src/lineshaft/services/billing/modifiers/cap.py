"""Cap: an amount that is due at most."""

from lineshaft.services.billing.modifiers.charge import Charge, Modified, change, monthly_amount
from lineshaft.services.contracts.model import MonthlyAmount


def cap(charge: Charge, terms: MonthlyAmount) -> Modified:
    """Lower the amount to the cap of the billed period.

    Example: 1,700 with a cap of 1,500 are 1,500.
    """
    most, steps = monthly_amount(charge, terms.amount_per_month, terms.proration)
    amount = min(charge.amount, most)
    return Modified(amount, (*steps, change("cap", charge.amount, amount, cap_exact=str(most))))
