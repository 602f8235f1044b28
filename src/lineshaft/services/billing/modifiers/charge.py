"""What a modifier changes, and what it makes of it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.period import Period
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import shown_quantity
from lineshaft.services.billing.proration import MonthShare, prorate
from lineshaft.services.contracts.model import ProrationBasis

Steps = tuple[dict[str, Any], ...]


class ContractYear(msgspec.Struct, frozen=True):
    """The contract year that ends with the billed period.

    Attributes:
        period: the whole year; shorter where the contract ends in it.
        before: its usage before the billed period, in the unit of the price.
    """

    period: Period
    before: Quantity


class Charge(msgspec.Struct, frozen=True):
    """An amount on its way through the modifiers, and what they need to know.

    Attributes:
        amount: exact.
        quantity: what was priced, in the unit of the price.
        period, zone: the billed period, and the calendar that months are of.
        year: set in the last period of a contract year.
    """

    amount: Fraction
    quantity: Quantity
    period: Period
    zone: ZoneInfo
    year: ContractYear | None = None


class Modified(msgspec.Struct, frozen=True):
    """What a modifier makes of an amount, and the steps that say how."""

    amount: Fraction
    steps: Steps


def change(kind: str, before: Fraction, after: Fraction, **said: Any) -> dict[str, Any]:
    """Return the step of a modifier: by how much it changed the amount, and to what."""
    return {"kind": kind, "change_exact": str(after - before), "amount_exact": str(after), **said}


def monthly_amount(
    charge: Charge, per_month: Decimal, basis: ProrationBasis
) -> tuple[Fraction, Steps]:
    """Return what an amount per month comes to in the billed period, and a step for each month."""
    shares = prorate(per_month, charge.period, charge.zone, basis)
    steps = tuple(share_step(share, basis, per_month) for share in shares)
    return sum((share.amount for share in shares), Fraction(0)), steps


def monthly_quantity(
    per_month: Quantity, period: Period, zone: ZoneInfo, basis: ProrationBasis
) -> tuple[Quantity, Steps]:
    """Return what a quantity per month comes to in a period, and a step for each month."""
    shares = prorate(per_month.amount, period, zone, basis)
    steps = []
    for share in shares:
        part = shown_quantity(Quantity(share.amount, per_month.unit))
        step = _share(share, basis) | {"quantity_per_month": shown_quantity(per_month)}
        steps.append(step | {"quantity": part})
    whole = sum((share.amount for share in shares), Fraction(0))
    return Quantity(whole, per_month.unit), tuple(steps)


def share_step(share: MonthShare, basis: ProrationBasis, per_month: Decimal) -> dict[str, Any]:
    """Return the step of one month's share of an amount."""
    step = _share(share, basis) | {
        "amount_per_month": f"{per_month:f}",
        "amount_exact": str(share.amount),
    }
    return step if share.active == 1 else step | {"active": str(share.active)}


def _share(share: MonthShare, basis: ProrationBasis) -> dict[str, Any]:
    return {
        "kind": "proration",
        "basis": str(basis),
        "month": share.month,
        "part": str(share.part),
        "whole": str(share.whole),
        "unit": share.unit,
    }
