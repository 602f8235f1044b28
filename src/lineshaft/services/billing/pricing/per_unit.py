"""Per unit: quantity times price."""

from fractions import Fraction

from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import PerUnitPrice


def per_unit(priced: Priced, price: PerUnitPrice) -> tuple[PricedPart, ...]:
    """Charge every unit at the same price; linear, so that parts of a period add up to the whole.

    Example: 3,600 MJ at 0.20 per kWh are 1,000 kWh and 200.00.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    quantity = priced.quantity.to(price.unit)
    if not quantity.amount:
        return ()
    amount = quantity.amount * Fraction(price.unit_price)
    return (PricedPart("unit", quantity, price.unit_price, amount),)
