"""Flat: one amount for each billed period."""

from fractions import Fraction

from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import FlatPrice


def flat(_priced: Priced, price: FlatPrice) -> tuple[PricedPart, ...]:
    """Charge one amount whatever the usage, also for none.

    The amount belongs to the billed period as it is and is not prorated: what depends on the
    length of the period is a base fee.
    """
    return (PricedPart("flat", None, price.amount, Fraction(price.amount)),)
