"""Package: a price for each package that is begun."""

import math
from fractions import Fraction

from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import PackagePrice


def package(priced: Priced, price: PackagePrice) -> tuple[PricedPart, ...]:
    """Charge ceil(q / s) packages.

    Example: 201 parts in packages of 100 at 12.00 are three packages and 36.00.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    quantity = priced.quantity.to(price.unit)
    if not quantity.amount:
        return ()
    packages = math.ceil(quantity.amount / price.size)
    amount = packages * Fraction(price.package_price)
    detail = {
        "packages": str(packages),
        "size": str(price.size),
        "package_price": f"{price.package_price:f}",
    }
    return (PricedPart("package", quantity, None, amount, detail=detail),)
