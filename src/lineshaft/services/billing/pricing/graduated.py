"""Graduated: each part of the usage at the price of its tier."""

from fractions import Fraction

from msgspec import UNSET

from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import GraduatedPrice


def graduated(priced: Priced, price: GraduatedPrice) -> tuple[PricedPart, ...]:
    """Charge each part of the usage at the price of the tier that it falls in.

    sum over k of p_k * (min(q, u_k) - u_{k-1})^+, and f_k if q > u_{k-1}; tiers (u_{k-1}, u_k].
    Convex or not, more usage never costs less, because no price is negative. Tiers run over one
    billed period, so parts of a period do not add up to the whole.

    Example: 6,000 with 0.10 up to 1,000, 0.08 up to 5,000 and 0.05 above are 100 + 320 + 50 = 470.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    quantity = priced.quantity.to(price.unit).amount
    parts: list[PricedPart] = []
    above = Fraction(0)
    for tier in price.tiers:
        if quantity <= above:
            break
        fee = tier.flat_fee
        if fee is not UNSET:
            parts.append(PricedPart("tier_fee", None, fee, Fraction(fee), above, tier.up_to))
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        in_tier = Quantity(top - above, price.unit)
        amount = in_tier.amount * Fraction(tier.unit_price)
        parts.append(PricedPart("tier", in_tier, tier.unit_price, amount, above, tier.up_to))
        above = top
    return tuple(parts)
