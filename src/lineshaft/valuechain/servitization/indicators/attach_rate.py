"""Attach rate: how much of the installed base has a service contract."""

from fractions import Fraction

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="attach_rate",
    symbol="AR",
    unit="C62",
    formula="AR = installed machines with a contract in force / installed machines, on the "
    "last day of the period",
    source="definition of Lineshaft; contracts of Lineshaft, and of the books",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide machines by machines: a machine with two contracts counts once."""
    if view.fleet is None or not view.fleet.installed:
        return (Measured("", None, Fraction(0), "installed_base: no machine on the last day"),)
    return (Measured("", Fraction(view.fleet.served, view.fleet.installed), Fraction(1)),)
