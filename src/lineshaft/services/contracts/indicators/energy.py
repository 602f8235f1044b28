"""Energy for each unit of output."""

from fractions import Fraction

from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="e",
    unit="",
    formula="E / PQ",
    source="ISO 22400-2, comprehensive energy consumption, for one kind of energy",
    range="[0, inf)",
)


def energy_per_output(energy: Fraction, output: Fraction) -> Fraction | None:
    """Return energy / output, exactly; None when there was no output.

    Example: 1,180 kWh for 10,000 m3 of compressed air are 59/500 kWh/m3.
    """
    return energy / output if output else None
