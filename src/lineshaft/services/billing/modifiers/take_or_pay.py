"""Take or pay: a quantity that is paid for, whether it is used or not."""

from fractions import Fraction

from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import shown_quantity
from lineshaft.services.billing.modifiers.charge import (
    Charge,
    Modified,
    Steps,
    change,
    monthly_quantity,
)
from lineshaft.services.contracts.model import AnnualCommitment, Commitment, MonthlyCommitment

MONTHS_PER_YEAR = 12


def take_or_pay(charge: Charge, terms: Commitment) -> Modified:
    """Add what is missing from the committed quantity: max(0, Q_min - q) * p.

    By the month, Q_min is prorated over the billed period. By the year, it is a twelfth for each
    month of the contract year, q is the usage of the whole year, and only the last period of the
    year is charged.

    Example: 12,000 a year at 1.00; 6 months of 800 and 6 of 1,300 are 13,800 when each month is
    held to 1,000, and 12,600 by the year.
    """
    match terms:
        case MonthlyCommitment():
            per_month = Quantity(terms.quantity, charge.quantity.unit)
            return _missing(charge, terms, per_month, None)
        case AnnualCommitment():
            if charge.year is None:
                return Modified(charge.amount, ())
            per_month = Quantity(terms.quantity / MONTHS_PER_YEAR, charge.quantity.unit)
            return _missing(charge, terms, per_month, charge.year.before)


def _missing(
    charge: Charge, terms: Commitment, per_month: Quantity, before: Quantity | None
) -> Modified:
    period = charge.period if charge.year is None or before is None else charge.year.period
    committed, steps = monthly_quantity(per_month, period, charge.zone, terms.proration)
    used = charge.quantity if before is None else charge.quantity + before
    missing = Quantity(max(Fraction(0), committed.amount - used.amount), committed.unit)
    amount = charge.amount + missing.amount * Fraction(terms.unit_price)
    said: Steps = (
        change(
            "take_or_pay",
            charge.amount,
            amount,
            committed=shown_quantity(committed),
            used=shown_quantity(used),
            missing=shown_quantity(missing),
            price=f"{terms.unit_price:f}",
        ),
    )
    return Modified(amount, steps + said)
