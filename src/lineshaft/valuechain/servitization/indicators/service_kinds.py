"""Shares of the five kinds of services."""

from lineshaft.core.classification import ServiceClass
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, share
from lineshaft.valuechain.servitization.model import NOT_SAID
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="service_kinds",
    symbol="K",
    unit="C62",
    formula="K_k = service revenue of kind k / service revenue",
    source="Huang & Ma, section 2.2: five kinds of services that manufacturing turns to",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide; the five, and what is not said, add up to one."""
    whole = view.service().amount
    found = []
    for kind in (*(each.value for each in ServiceClass), NOT_SAID):
        sums = view.service(service_class=kind)
        if not kind and not sums.count:
            continue
        behind = {"kind": "service", "service_class": kind}
        name = kind or "not_said"
        found.append(share(sums.amount, whole, behind, of="service revenue", key=name))
    return tuple(found)
