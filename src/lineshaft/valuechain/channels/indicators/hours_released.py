"""Capital channel: hours that monitoring released."""

from fractions import Fraction

from lineshaft.valuechain.channels.released import Released
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="hours_released",
    symbol="H_rel",
    unit="HUR",
    formula="sum over monitored activities of max(0, h0 Q1/Q0 - h1)",
    source="Huang & Ma, sections 2.2 and 3.1: monitoring replaces labour",
    range="[0, inf)",
)


def value(found: Released) -> Fraction:
    """Return the hours, exactly."""
    return found.hours
