"""Percentage: a share of the exact amounts of other lines."""

from fractions import Fraction

from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import PercentagePrice

_PERCENT = 100


def percentage(priced: Priced, price: PercentagePrice) -> tuple[PricedPart, ...]:
    """Charge a share of each named line, from its amount before rounding.

    A line that charged nothing is not there and has no part.

    Example: 5 % of 100 and of 8089/60 are 5 and 8089/1200.
    """
    share = price.percent / _PERCENT
    return tuple(
        _part(line, priced.lines[line], share) for line in price.lines if line in priced.lines
    )


def _part(line: str, base: Fraction, share: Fraction) -> PricedPart:
    detail = {"base_line": line, "base_exact": str(base), "share": str(share)}
    return PricedPart("share", None, None, base * share, detail=detail)
