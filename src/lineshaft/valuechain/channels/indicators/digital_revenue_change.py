"""Digital channel: change of the revenue that is metered on connected machines."""

from decimal import Decimal

from lineshaft.valuechain.channels.digital import DigitalRevenue
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="digital_revenue_change",
    symbol="dNP_dig",
    unit="",
    formula="NP_dig of a quarter less NP_dig of the quarter before",
    source="Huang & Ma, section 3.2 (digital channel)",
    range="(-inf, inf)",
)


def value(found: DigitalRevenue, before: DigitalRevenue) -> Decimal:
    """Return the difference, exactly."""
    return found.digital - before.digital
