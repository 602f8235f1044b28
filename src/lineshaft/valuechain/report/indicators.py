"""Indicators of an outage that the supply network's own do not name."""

from lineshaft.valuechain.indicator import Indicator

_MODEL = "daily-step model over the bill of material, after Hallegatte (2008), Inoue & Todo (2019)"
CURE_COST = Indicator(
    name="cure_cost",
    symbol="K",
    unit="",
    formula="min over sets of cures that reach the goal of sum of their costs",
    source="table cures; every smaller set is proven to miss the goal (implicit hitting set)",
    range="[0, inf)",
)
STOPPED_DAYS = Indicator(
    name="stopped_days",
    symbol="N_p",
    unit="DAY",
    formula="number of days d of the horizon on which line p makes nothing",
    source=_MODEL,
    range="[0, horizon]",
)
