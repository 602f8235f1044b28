"""Throughput against the planned run time of an item: the effectiveness of the time in use."""

from fractions import Fraction

from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="E",
    unit="C62",
    formula="PRI * PQ / APT",
    source="ISO 22400-2, effectiveness",
    range="[0, 1] and above where items are made faster than planned",
)


def effectiveness(
    planned_per_item: Fraction, produced: Fraction, production_time: Fraction
) -> Fraction | None:
    """Return PRI x PQ / APT, exactly; None when there was no production time.

    Args:
        planned_per_item: planned run time for each item, in the unit of the production time.
        produced: items.
        production_time: actual production time.

    Example: 0.5 min x 800 / 420 min are 20/21.
    """
    return planned_per_item * produced / production_time if production_time else None
