"""Price models: one pure function each, found by the type of the price."""

from collections.abc import Callable
from typing import Any

from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.pricing.flat import flat
from lineshaft.services.billing.pricing.graduated import graduated
from lineshaft.services.billing.pricing.part import PricedPart
from lineshaft.services.billing.pricing.per_unit import per_unit
from lineshaft.services.contracts.model import FlatPrice, GraduatedPrice, PerUnitPrice, Price

__all__ = ["PRICING", "PricedPart", "price_usage"]

PRICING: dict[type[Price], Callable[[Quantity, Any], tuple[PricedPart, ...]]] = {
    FlatPrice: flat,
    PerUnitPrice: per_unit,
    GraduatedPrice: graduated,
}


def price_usage(usage: Quantity, price: Price) -> tuple[PricedPart, ...]:
    """Price a usage by the model of its price; no parts at all means nothing to charge.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    return PRICING[type(price)](usage, price)
