"""Bundle: one amount per month for several services, allocated to them."""

from fractions import Fraction
from typing import Any

from lineshaft.core.money import Money, allocate
from lineshaft.services.billing.modifiers.charge import share_step
from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.billing.proration import prorate
from lineshaft.services.contracts.model import BundlePart, BundlePrice


def bundle(priced: Priced, price: BundlePrice) -> tuple[PricedPart, ...]:
    """Charge the amount per month, prorated over the billed period; a part for each month.

    As a base fee it rests while the contract does.

    Example: 100.00 a month are 50.00 for 15 of 30 days.

    Raises:
        NotWholeDays: by days, when the period cuts a civil day.
    """
    given = (price.amount_per_month, priced.now.period, priced.zone, price.proration)
    shares = prorate(*given, priced.paused)
    return tuple(
        PricedPart(
            "bundle",
            None,
            None,
            share.amount,
            detail=_without_kind(share_step(share, price.proration, price.amount_per_month)),
        )
        for share in shares
    )


def _without_kind(step: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in step.items() if name not in {"kind", "amount_exact"}}


def allocated(amount: Money, price: BundlePrice) -> tuple[tuple[BundlePart, Money], ...]:
    """Allocate the amount of a line to the parts by their stand-alone prices.

    Largest remainder; of equal remainders the later part gets the unit first. The parts add up to
    the line exactly, so that revenue by offering adds up to revenue (IFRS 15, paragraphs 73-86).

    Example: 100.00 over three parts of one price are 33.33, 33.33 and 33.34.
    """
    weights = [Fraction(part.stand_alone_price) for part in price.parts]
    return tuple(zip(price.parts, allocate(amount, weights), strict=True))
