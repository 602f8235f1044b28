"""Input servitization of the firm: how much of its cost is services, bought or made in-house."""

from fractions import Fraction

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, share
from lineshaft.valuechain.servitization.model import CostKind
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="input_servitization_firm",
    symbol="IS",
    unit="C62",
    formula="IS = (purchased services + payroll of in-house service functions) / total cost",
    source="firm form; in-house functions counted as by Miroudot & Cadestin 2017",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide; with the parts that are bought and that are made in-house beside it."""
    if not view.inputs:
        return (Measured("", None, Fraction(0), "service_inputs: no cost in the period"),)
    whole = sum(view.inputs.values(), Fraction(0))
    bought = view.inputs.get(CostKind.PURCHASED_SERVICE, Fraction(0))
    made = view.inputs.get(CostKind.SERVICE_PAYROLL, Fraction(0))
    return (
        share(bought + made, whole, {}, of="cost"),
        share(bought, whole, {}, of="cost", key=CostKind.PURCHASED_SERVICE.value),
        share(made, whole, {}, of="cost", key=CostKind.SERVICE_PAYROLL.value),
    )
