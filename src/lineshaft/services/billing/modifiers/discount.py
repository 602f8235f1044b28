"""Discount: a share or a monthly amount off."""

from fractions import Fraction

from lineshaft.services.billing.modifiers.charge import Charge, Modified, change, monthly_amount
from lineshaft.services.contracts.model import AmountDiscount, PercentDiscount

_PERCENT = 100


def discount(charge: Charge, terms: PercentDiscount | AmountDiscount) -> Modified:
    """Take off a share of the amount, or an amount for each month; nothing falls below zero.

    Example: 10 % off 134.82 leave 121.338; 200.00 a month off 134.82 leave nothing.
    """
    match terms:
        case PercentDiscount():
            share = terms.percent / _PERCENT
            amount = charge.amount * (1 - share)
            return Modified(amount, (change("discount", charge.amount, amount, share=str(share)),))
        case AmountDiscount():
            off, steps = monthly_amount(charge, terms.amount_per_month, terms.proration)
            amount = max(Fraction(0), charge.amount - off)
            step = change("discount", charge.amount, amount, discount_exact=str(off))
            return Modified(amount, (*steps, step))
