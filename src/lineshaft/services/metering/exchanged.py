"""Recorded exchanges of a meter beside those in its own parameters. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from lineshaft.core.quantity import conversion_factor
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.measurement import Measurement
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import CounterParameters, Exchange
from lineshaft.services.metering.series import SeriesRows


def with_exchanges(meter: Meter, recorded: Sequence[MeterExchange]) -> Meter:
    """Return a counter with recorded exchanges added; any other kind of meter as it is.

    Raises:
        Invalid: when there are too many, or in a unit that the signal's does not fit.
    """
    parameters = meter.parameters
    added = _added(meter, recorded)
    if not added or not isinstance(parameters, CounterParameters):
        return meter
    exchanges = (*parameters.exchanges, *(_in_signal_unit(each, parameters) for each in added))
    in_order = tuple(sorted(exchanges, key=lambda exchange: exchange.at))
    return replace(meter, parameters=replace(parameters, exchanges=in_order))


def decisive(
    meter: Meter, recorded: Sequence[MeterExchange], rows: SeriesRows, found: Measurement
) -> tuple[MeterExchange, ...]:
    """Return the recorded exchanges that lie between the readings that a usage follows from."""
    if not len(rows):
        return ()
    since = int(rows.ts.min()) if found.since is None else found.since
    until = int(rows.ts.max()) if found.until is None else found.until
    return tuple(each for each in _added(meter, recorded) if since <= each.at < until)


def _added(meter: Meter, recorded: Sequence[MeterExchange]) -> list[MeterExchange]:
    """Return those of other instants than the meter's own parameters name, in time order."""
    if not isinstance(meter.parameters, CounterParameters):
        return []
    own = {exchange.at for exchange in meter.parameters.exchanges}
    return sorted((each for each in recorded if each.at not in own), key=lambda each: each.at)


def _in_signal_unit(exchange: MeterExchange, parameters: CounterParameters) -> Exchange:
    factor = conversion_factor(exchange.unit, parameters.signal_unit)
    return Exchange(
        exchange.at, exchange.old_final * factor, exchange.new_start * factor, exchange.reference
    )
