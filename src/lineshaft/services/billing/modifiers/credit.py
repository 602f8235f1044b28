"""Credit: a fixed amount off each billed period."""

from fractions import Fraction

from lineshaft.services.billing.modifiers.charge import Charge, Modified, change
from lineshaft.services.contracts.model import FixedCredit


def credit(charge: Charge, terms: FixedCredit) -> Modified:
    """Take off a fixed amount, once for each billed period; nothing falls below zero.

    Example: 20.00 off 134.82 leave 114.82, and off 15.00 nothing.
    """
    amount = max(Fraction(0), charge.amount - Fraction(terms.amount))
    return Modified(
        amount, (change("fixed_credit", charge.amount, amount, credit=f"{terms.amount:f}"),)
    )
