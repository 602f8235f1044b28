"""Where estimates stand for usage that nothing is known of. Pure."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.services.metering.estimates.model import ESTIMATES_MAX, Estimate, check_apart
from lineshaft.services.metering.measurement import Measurement
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import MeterKind, hours_of

_ADDITIVE = (MeterKind.COUNTER, MeterKind.STATE_DURATION, MeterKind.INTEGRAL)


def standing(
    meter: Meter,
    estimates: tuple[Estimate, ...],
    period: Period,
    measured: Callable[[Period], Measurement],
) -> Iterator[tuple[Estimate, Measurement]]:
    """Yield the estimates of a period, in the unit of the meter, with what is known of each.

    Args:
        meter: an additive one.
        estimates: in force, in time order.
        period: that is measured.
        measured: what the meter finds in a period.

    Raises:
        Invalid: when there are too many, two overlap, or the meter is of a kind that does not add
            up over time.
        UnitMismatch: for an estimate of another dimension.
    """
    own = [each for each in estimates if (each.machine, each.meter) == (meter.machine, meter.id)]
    check_apart(own)
    if own and (meter.kind not in _ADDITIVE or hours_of(meter.parameters) is not None):
        msg = f"estimate {own[0].id} of {meter.id}: expected a counter, a duration or an integral"
        raise Invalid(msg + " that counts at all hours")
    if len(own) > ESTIMATES_MAX:
        msg = f"{len(own)} estimates of {meter.id}: expected at most {ESTIMATES_MAX}"
        raise Invalid(msg)
    for each in own:
        if each.period.intersection(period) is not None:
            in_unit = replace(each, quantity=each.quantity.to(meter.unit))
            yield in_unit, measured(each.period)


def is_needed(found: Measurement) -> bool:
    """Tell whether nothing is known of the time of an estimate."""
    return not (found.covered_us or found.bridged_gap_us)
