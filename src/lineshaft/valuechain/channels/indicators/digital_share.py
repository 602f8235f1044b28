"""Digital channel: its part of all stand-alone service revenue."""

from fractions import Fraction

from lineshaft.valuechain.channels.digital import DigitalRevenue
from lineshaft.valuechain.indicator import Indicator

INDICATOR = Indicator(
    name="digital_share",
    symbol="NP_dig/NP",
    unit="C62",
    formula="NP_dig / revenue of all stand-alone services",
    source="Huang & Ma, section 3.2 (digital channel)",
    range="[0, 1] without credit notes that outweigh the invoices of a quarter",
)


def value(found: DigitalRevenue) -> Fraction | None:
    """Return the share; None without stand-alone service revenue."""
    if not found.stand_alone:
        return None
    return Fraction(found.digital) / Fraction(found.stand_alone)
