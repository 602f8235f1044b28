"""Matrix: a price for each state, such as a severity or a mode of operation."""

from fractions import Fraction

from lineshaft.core.period import US_PER_S
from lineshaft.core.quantity import Quantity, conversion_factor
from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import MatrixPrice


def matrix(priced: Priced, price: MatrixPrice) -> tuple[PricedPart, ...]:
    """Charge the time in each state at the price of the state; unknown time costs nothing.

    Linear in the time of each state. States without a price of their own are each a part at
    `other_price`, in the order of their names.

    Example: 2 h of HEAVY at 60 and 5 h of LIGHT at 20 an hour are 220.
    """
    own = {each.state: each.unit_price for each in price.states}
    others = sorted(state for state in priced.states_us if state not in own)
    factor = conversion_factor("SEC", price.unit) / US_PER_S
    parts = []
    for state in [*own, *others]:
        duration = Quantity(priced.states_us.get(state, 0) * factor, price.unit)
        if duration.amount:
            unit_price = own.get(state, price.other_price)
            amount = duration.amount * Fraction(unit_price)
            part = PricedPart("state", duration, unit_price, amount, detail={"state": state})
            parts.append(part)
    return tuple(parts)
