"""Good parts: what was made less what was rejected."""

from collections.abc import Mapping
from fractions import Fraction

from lineshaft.core.quantity import Quantity
from lineshaft.services.metering.model import Meter


def good_count(meter: Meter, found: Mapping[str, Quantity]) -> Fraction:
    """Subtract the rise of the reject counter from the rise of the total counter.

    It adds up over any cut, so it is below zero where parts of an earlier period are rejected.
    """
    return (found["total"] - found["rejects"]).to(meter.unit).amount
