"""Replenishment: consumption billed by telemetry, reconciled at the count; when to order again."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from statistics import mean, variance

import msgspec

from lineshaft.core.period import format_instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import shown_quantity
from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import SERVICE_LEVELS, ReorderTerms, ReplenishmentPrice
from lineshaft.services.facts.model import StockRecord

ROOT_DIGITS = 34
"""Significant digits of what is not rational: those of decimal128 (IEEE 754-2019, 3.5.2)."""
_GUARD_DIGITS = 6
_ROOT = Context(prec=ROOT_DIGITS, rounding=ROUND_HALF_EVEN)
_WORK = Context(prec=ROOT_DIGITS + _GUARD_DIGITS, rounding=ROUND_HALF_EVEN)


class Reconciled(msgspec.Struct, frozen=True):
    """A count of a stock, and what should have been there.

    Attributes:
        before: the count before it, from which the stock is computed.
        deliveries: from the one count, at its instant or later, until before the other.
        consumed: in between, by telemetry, with the places of its usage records.
    """

    before: StockRecord
    deliveries: tuple[StockRecord, ...]
    count: StockRecord
    consumed: Quantity
    places: tuple[int, ...]


class ReorderPoint(msgspec.Struct, frozen=True):
    """When to order, and what it follows from; quantities in the unit of the price.

    Attributes:
        mean_per_day: d_mean, exact.
        deviation_per_day: sigma_d, of the sample.
        z: of the service level.
        quantity: order at this stock or less.
    """

    mean_per_day: Fraction
    deviation_per_day: Decimal
    z: Decimal
    quantity: Decimal


def replenishment(priced: Priced, price: ReplenishmentPrice) -> tuple[PricedPart, ...]:
    """Charge what telemetry says was consumed, every unit at the same price.

    Raises:
        UnitMismatch: when the usage cannot be converted to the unit of the price exactly.
    """
    quantity = priced.quantity.to(price.unit)
    if not quantity.amount:
        return ()
    amount = quantity.amount * Fraction(price.unit_price)
    return (PricedPart("unit", quantity, price.unit_price, amount),)


def stock_difference(found: Reconciled, price: ReplenishmentPrice) -> tuple[PricedPart, ...]:
    """Charge what is missing at a count, or take off what there is more: (estimated - counted) p.

    estimated = counted before + delivered - consumed. So consumption and differences of all periods
    together charge exactly what has left the stock from its first to its last count.

    Example: counted 100 kg, delivered 50 kg, consumed 120 kg: 30 kg estimated. 28 kg counted at
    4.00 are +8.00, 33 kg counted are -12.00.

    Raises:
        UnitMismatch: when a record has a unit that cannot become that of the price exactly.
    """
    parts = [_told("stock_opening", found.before, price)]
    estimated = found.before.quantity.to(price.unit)
    for delivery in found.deliveries:
        estimated += delivery.quantity.to(price.unit)
        parts.append(_told("stock_delivery", delivery, price))
    consumed = found.consumed.to(price.unit)
    estimated -= consumed
    said = {"consumed": shown_quantity(consumed), "usage": list(found.places)}
    parts.append(PricedPart("stock_consumed", None, None, Fraction(0), detail=said))
    counted = found.count.quantity.to(price.unit)
    difference = estimated - counted
    amount = difference.amount * Fraction(price.unit_price)
    said = {
        **_record(found.count),
        "counted": shown_quantity(counted),
        "estimated": shown_quantity(estimated),
    }
    parts.append(PricedPart("stock_count", difference, price.unit_price, amount, detail=said))
    return tuple(parts)


def reorder_point(per_day: Sequence[Fraction], terms: ReorderTerms) -> ReorderPoint:
    """Return r = d_mean * L + z * sigma_d * sqrt(L): the stock at which to order.

    d_mean and sigma_d are mean and sample deviation (n - 1) of the consumption of a day, L the lead
    time in days, z the quantile of the service level: demand of days is taken as independent and
    normal (Silver, Pyke, Thomas: Inventory and Production Management in Supply Chains, chapter 6).
    sigma_d * sqrt(L) is one root of an exact number; the result has `ROOT_DIGITS` digits.

    Example: days of 1, 2 and 3 kg, 4 days, 97.5 %: 2 * 4 + 1.96 * 1 * 2 = 11.92 kg.

    Args:
        per_day: consumption of at least two days, in the unit of the price.
        terms: of the contract.
    """
    mean_per_day, spread = mean(per_day), variance(per_day)
    z = SERVICE_LEVELS[terms.service_level]
    safety = _WORK.multiply(z, _root(spread * terms.lead_days))
    return ReorderPoint(
        mean_per_day=mean_per_day,
        deviation_per_day=_ROOT.plus(_root(spread)),
        z=z,
        quantity=_ROOT.add(_decimal(mean_per_day * terms.lead_days), safety),
    )


def _root(value: Fraction) -> Decimal:
    return _WORK.sqrt(_decimal(value))


def _decimal(value: Fraction) -> Decimal:
    return _WORK.divide(Decimal(value.numerator), Decimal(value.denominator))


def _told(kind: str, record: StockRecord, price: ReplenishmentPrice) -> PricedPart:
    said = _record(record) | {"quantity": shown_quantity(record.quantity.to(price.unit))}
    return PricedPart(kind, None, None, Fraction(0), detail=said)


def _record(record: StockRecord) -> dict[str, str]:
    return {
        "at": format_instant(record.at),
        "machine": record.machine,
        "person": record.person,
        "record": record.id,
        "reference": record.reference,
    }
