"""The names of the families of meters."""

import enum


class MeterKind(enum.StrEnum):
    """The families of meters; each has a module in `meters/`."""

    COUNTER = "counter"
    STATE_DURATION = "state_duration"
    INTEGRAL = "integral"
    TIME_WEIGHTED_MEAN = "time_weighted_mean"
    DEMAND = "demand"
    UNIQUE = "unique"
    SUM = "sum"
    GOOD_COUNT = "good_count"
    EXPRESSION = "expression"
