"""Mean times between failures, to restoration and of repair, and what availability they give.

The bare "MTTR" is not used: IEC 60050-192 counts detection in, ISO 14224 does not. ISO/TR 12489
names them apart: MTTRes (fault to restored function) and MRT (active repair).
"""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="MTBF, MTTRes, MRT",
    unit="HUR",
    formula="operating time / failures; means of restoration and active repair times",
    source="IEC 60050-192, 192-05-13 and 192-07-23; ISO/TR 12489 for MTTRes and MRT",
    range="[0, inf)",
)


class MeanTime(msgspec.Struct, frozen=True):
    """A mean time in microseconds, exact.

    Attributes:
        value_us: None when nothing happened in `exceeds_us`, so that nothing can be divided.
        exceeds_us: the mean is longer than this where there is no value; else None.
    """

    value_us: Fraction | None
    exceeds_us: int | None = None


def mean_time_between_failures(operating_us: int, failures: int) -> MeanTime:
    """Return operating time / failures; without a failure, only that it is longer than that."""
    if not failures:
        return MeanTime(None, operating_us)
    return MeanTime(Fraction(operating_us, failures))


def mean_time(durations_us: Sequence[int]) -> Fraction | None:
    """Return the mean of restoration (MTTRes) or repair times (MRT); None when there are none."""
    return Fraction(sum(durations_us), len(durations_us)) if durations_us else None


def inherent_availability(mtbf_us: Fraction, mrt_us: Fraction) -> Fraction | None:
    """Return MTBF / (MTBF + MRT): what the machine itself allows. None when both are zero."""
    whole = mtbf_us + mrt_us
    return mtbf_us / whole if whole else None


def operational_availability(mean_up_us: Fraction, mean_down_us: Fraction) -> Fraction | None:
    """Return MUT / (MUT + MDT): with all logistics and waiting. None when both are zero."""
    whole = mean_up_us + mean_down_us
    return mean_up_us / whole if whole else None
