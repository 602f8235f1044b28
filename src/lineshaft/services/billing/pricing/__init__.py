"""Price models: one pure function each, found by the type of the price."""

from collections.abc import Callable
from typing import Any

from lineshaft.services.billing.pricing.bundle import allocated, bundle
from lineshaft.services.billing.pricing.core_deposit import core_deposit, core_kept, cores_of
from lineshaft.services.billing.pricing.energy_saving import energy_saving
from lineshaft.services.billing.pricing.flat import flat
from lineshaft.services.billing.pricing.graduated import graduated
from lineshaft.services.billing.pricing.lease import bought, instalments_of, lease, leased_months
from lineshaft.services.billing.pricing.matrix import matrix
from lineshaft.services.billing.pricing.package import package
from lineshaft.services.billing.pricing.part import NO_QUANTITY, Metered, Priced, PricedPart
from lineshaft.services.billing.pricing.per_unit import per_unit
from lineshaft.services.billing.pricing.percentage import percentage
from lineshaft.services.billing.pricing.replenishment import replenishment, stock_difference
from lineshaft.services.billing.pricing.volume import volume
from lineshaft.services.contracts.model import (
    BundlePrice,
    CoreDepositPrice,
    EnergySavingPrice,
    FlatPrice,
    GraduatedPrice,
    LeasePrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    PerUnitPrice,
    Price,
    ReplenishmentPrice,
    VolumePrice,
)

__all__ = [
    "NO_QUANTITY",
    "PRICING",
    "Metered",
    "Priced",
    "PricedPart",
    "allocated",
    "bought",
    "core_kept",
    "cores_of",
    "instalments_of",
    "leased_months",
    "price_usage",
    "stock_difference",
]

PRICING: dict[type[Price], Callable[[Priced, Any], tuple[PricedPart, ...]]] = {
    FlatPrice: flat,
    PerUnitPrice: per_unit,
    GraduatedPrice: graduated,
    VolumePrice: volume,
    PackagePrice: package,
    PercentagePrice: percentage,
    MatrixPrice: matrix,
    EnergySavingPrice: energy_saving,
    BundlePrice: bundle,
    CoreDepositPrice: core_deposit,
    LeasePrice: lease,
    ReplenishmentPrice: replenishment,
}


def price_usage(priced: Priced, price: Price) -> tuple[PricedPart, ...]:
    """Price a usage by the model of its price; no parts at all means nothing to charge.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    return PRICING[type(price)](priced, price)
