"""Indicators of servitization: one file each, in the order in which they are shown."""

from typing import Protocol

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.indicators import (
    attach_rate,
    customer_binding_matrix,
    input_servitization_firm,
    output_servitization,
    recurring_share,
    service_gross_margin,
    service_kinds,
    stand_alone_share,
)
from lineshaft.valuechain.servitization.measured import Measured
from lineshaft.valuechain.servitization.view import View


class Member(Protocol):
    """A module of this folder."""

    INDICATOR: Indicator

    def values(self, view: View) -> tuple[Measured, ...]:
        """Compute the indicator of a period."""


MEMBERS: tuple[Member, ...] = (
    output_servitization,
    stand_alone_share,
    recurring_share,
    attach_rate,
    service_gross_margin,
    customer_binding_matrix,
    service_kinds,
    input_servitization_firm,
)
