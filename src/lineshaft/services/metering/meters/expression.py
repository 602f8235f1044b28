"""A formula over the quantities of other meters."""

from collections.abc import Mapping
from fractions import Fraction

from lineshaft.core.errors import InvariantError
from lineshaft.core.quantity import Quantity
from lineshaft.services.metering.model import Meter
from lineshaft.services.metering.parameters import ExpressionParameters


def expression(meter: Meter, found: Mapping[str, Quantity]) -> Fraction | None:
    """Return the exact value of the formula in the unit of the meter; None over zero.

    Raises:
        InvariantError: when the meter has no formula.
    """
    parameters = meter.parameters
    if not isinstance(parameters, ExpressionParameters):
        msg = f"meter {meter.id}: {meter.kind} measured as an expression"
        raise InvariantError(msg)
    return parameters.formula.value(found, meter.unit)
