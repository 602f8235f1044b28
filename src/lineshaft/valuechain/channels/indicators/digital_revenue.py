"""Digital channel: stand-alone service revenue whose meter reads a connected machine."""

from decimal import Decimal

from lineshaft.valuechain.channels.digital import DigitalRevenue
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="digital_revenue",
    symbol="NP_dig",
    unit="",
    formula="sum of invoice lines of stand-alone services whose usage records all read machines "
    "that are connected",
    source="Huang & Ma, section 3.2 (digital channel); invoice line, usage record, machine",
    range="(-inf, inf)",
)


def value(found: DigitalRevenue) -> Decimal:
    """Return the amount, exactly."""
    return found.digital
