"""Quality ratio: of the items produced, how many are good."""

from fractions import Fraction

from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="Q",
    unit="C62",
    formula="GQ / PQ",
    source="ISO 22400-2, quality ratio",
    range="[0, 1]",
)


def quality_ratio(good: Fraction, produced: Fraction) -> Fraction | None:
    """Return GQ / PQ, exactly; None when nothing was produced.

    Example: 760 good of 800 are 19/20.
    """
    return good / produced if produced else None
