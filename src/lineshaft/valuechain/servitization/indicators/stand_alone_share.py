"""Stand-alone share: how much of service revenue needs no product of the firm."""

from lineshaft.core.classification import Binding
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured, of_known, share
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="stand_alone_share",
    symbol="NP",
    unit="C62",
    formula="NP = stand-alone service revenue / service revenue whose binding is said",
    source="Huang & Ma, section 2.2: services bound to products and services that are not",
    range="[0, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Divide; what is not classified lowers the coverage, not the share."""
    alone = view.service(binding=Binding.STAND_ALONE.value).amount
    known = alone + view.service(binding=Binding.PRODUCT_BOUND.value).amount
    behind = {"kind": "service", "binding": Binding.STAND_ALONE.value}
    found = share(alone, known, behind, of="service revenue with a binding")
    missing = "binding of the services sold"
    return (of_known(found, known, view.service().amount, missing),)
