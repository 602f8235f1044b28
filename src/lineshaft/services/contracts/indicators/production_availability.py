"""Production-based availability: of what could have been produced, how much was."""

from fractions import Fraction

from lineshaft.services.contracts.indicators.indicator import Indicator

INDICATOR = Indicator(
    symbol="A_p",
    unit="C62",
    formula="E_act / (E_act + E_lost)",
    source="IEC 61400-26-2, production-based availability; lost only what the provider answers for",
    range="[0, 1]",
)


def production_availability(actual: Fraction, lost: Fraction) -> Fraction | None:
    """Return E_act / (E_act + E_lost), exactly; None when nothing could have been produced.

    Args:
        actual: what was produced, zero or more.
        lost: what the time for which the provider answers would have produced; the same unit.
    """
    possible = actual + lost
    return actual / possible if possible else None


def lost_production(down_us: int, rated_per_hour: Fraction) -> Fraction:
    """Return what a down time would have produced at the rate that the contract names.

    Example: 6 h at 500 kW are 3,000 kWh.
    """
    return rated_per_hour * Fraction(down_us, 3_600_000_000)
