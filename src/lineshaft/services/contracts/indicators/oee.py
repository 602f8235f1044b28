"""Overall equipment effectiveness: availability, effectiveness and quality in one figure."""

from fractions import Fraction

import msgspec

from lineshaft.services.contracts.indicators.indicator import Indicator
from lineshaft.services.contracts.indicators.quality import quality_ratio
from lineshaft.services.contracts.indicators.throughput import effectiveness

INDICATOR = Indicator(
    symbol="OEE",
    unit="C62",
    formula="(APT / PBT) * (PRI * PQ / APT) * (GQ / PQ)",
    source="ISO 22400-2, overall equipment effectiveness index",
    range="[0, 1] and above where items are made faster than planned",
)


class Production(msgspec.Struct, frozen=True):
    """What OEE follows from; all times in one unit.

    Attributes:
        planned_busy: PBT, the time in which the machine was to work.
        production: APT, the time in which it did.
        planned_per_item: PRI, the planned run time for each item.
        produced, good: PQ and GQ, items.
    """

    planned_busy: Fraction
    production: Fraction
    planned_per_item: Fraction
    produced: Fraction
    good: Fraction


class Oee(msgspec.Struct, frozen=True):
    """OEE and its three factors, exact; None: not applicable, a denominator is zero."""

    availability: Fraction | None
    effectiveness: Fraction | None
    quality: Fraction | None
    value: Fraction | None


def oee(of: Production) -> Oee:
    """Return OEE; not applicable when one of its factors is not.

    Example: PBT 480 min, APT 420 min, PRI 0.5 min, PQ 800, GQ 760: 7/8 x 20/21 x 19/20 = 19/24.
    """
    available = of.production / of.planned_busy if of.planned_busy else None
    effective = effectiveness(of.planned_per_item, of.produced, of.production)
    quality = quality_ratio(of.good, of.produced)
    if available is None or effective is None or quality is None:
        return Oee(available, effective, quality, None)
    return Oee(available, effective, quality, available * effective * quality)
