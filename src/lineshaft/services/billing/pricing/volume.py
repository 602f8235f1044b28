"""Volume: all usage at the price of the tier that the sum falls in."""

from fractions import Fraction

from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import VolumePrice


def volume(priced: Priced, price: VolumePrice) -> tuple[PricedPart, ...]:
    """Charge q * p_k, with k the tier (u_{k-1}, u_k] that q lies in.

    At the beginning of a tier with a lower price more usage costs less: that is the bargain.

    Example: up to 15 at 10 and above at 5: 15 are 150, 16 are 80.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    quantity = priced.quantity.to(price.unit)
    if not quantity.amount:
        return ()
    above = Fraction(0)
    for tier in price.tiers[:-1]:
        if tier.up_to is None or quantity.amount <= tier.up_to:
            break
        above = tier.up_to
    else:
        tier = price.tiers[-1]
    amount = quantity.amount * Fraction(tier.unit_price)
    return (PricedPart("volume", quantity, tier.unit_price, amount, above, tier.up_to),)
