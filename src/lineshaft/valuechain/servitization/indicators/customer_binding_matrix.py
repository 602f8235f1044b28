"""Matrix of customer class by binding: to whom services are sold, with or without a product."""

from lineshaft.core.classification import Binding, CustomerClass
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, share
from lineshaft.valuechain.servitization.model import NOT_SAID
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="customer_binding_matrix",
    symbol="M",
    unit="C62",
    formula="M_cb = service revenue of customer class c and binding b / service revenue",
    source="Huang & Ma, sections 2.2 and 3.3",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide; the cells of 3 x 2, and those where something is not said, add up to one."""
    whole = view.service().amount
    found = []
    for customer in (*(each.value for each in CustomerClass), NOT_SAID):
        for binding in (*(each.value for each in Binding), NOT_SAID):
            sums = view.service(customer_class=customer, binding=binding)
            if not (customer and binding) and not sums.count:
                continue
            behind = {"kind": "service", "customer_class": customer, "binding": binding}
            key = f"{customer or 'not_said'}/{binding or 'not_said'}"
            found.append(share(sums.amount, whole, behind, of="service revenue", key=key))
    return tuple(found)
