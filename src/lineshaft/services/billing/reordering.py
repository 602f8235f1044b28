"""What stocks of a contract there are now, and whether to order: a proposal, nothing is kept."""

import datetime as dt
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

from lineshaft.core.period import (
    Instant,
    Period,
    day_start,
    format_instant,
    to_datetime,
    zone_named,
)
from lineshaft.core.quantity import Quantity
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor
from lineshaft.services.billing.model import shown_quantity
from lineshaft.services.billing.parts import BillingParts
from lineshaft.services.billing.ports import UsageSource
from lineshaft.services.billing.pricing.replenishment import ReorderPoint, reorder_point
from lineshaft.services.billing.stocks import Measurement, Stock, replenished, stocks_of
from lineshaft.services.contracts.model import (
    HISTORY_DAYS_MIN,
    Contract,
    LocalText,
    MeterTerms,
    ReplenishmentPrice,
    UsagePrice,
)
from lineshaft.services.facts.model import StockRecord


class StockProposal(msgspec.Struct, frozen=True):
    """A stock as it is estimated now, and whether to order.

    Attributes:
        item, description: of the price.
        machines: that draw on it.
        unit: of `quantity` and of the reorder point.
        quantity: estimated; None while the stock was never counted.
        counted_at: of the last count.
        reorder: None while there are too few whole days of consumption.
    """

    item: str
    description: LocalText
    machines: tuple[str, ...]
    unit: str
    quantity: Fraction | None
    counted_at: Instant | None
    reorder: ReorderPoint | None

    @property
    def is_due(self) -> bool:
        """Whether to order now: the stock is at the reorder point or below."""
        if self.quantity is None or self.reorder is None:
            return False
        return self.quantity <= Fraction(self.reorder.quantity)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        at = None if self.counted_at is None else format_instant(self.counted_at)
        stock = (
            None if self.quantity is None else shown_quantity(Quantity(self.quantity, self.unit))
        )
        return {
            "item": self.item,
            "description": self.description.to_content(),
            "machines": list(self.machines),
            "stock": stock,
            "counted_at": at,
            "reorder_point": None if self.reorder is None else self._reorder(self.reorder),
            "is_due": self.is_due,
        }

    def _reorder(self, point: ReorderPoint) -> dict[str, Any]:
        return {
            "quantity": f"{point.quantity:f}",
            "unit": self.unit,
            "mean_per_day": str(point.mean_per_day),
            "deviation_per_day": f"{point.deviation_per_day:f}",
            "z": f"{point.z:f}",
        }


def proposals(
    parts: BillingParts, actor: Actor, contract: Contract, now: Instant
) -> list[StockProposal]:
    """Return the stocks of a contract now; see `Billing.replenishment`, which asks whether it may.

    Args:
        parts: of billing.
        actor: whose readings are measured.
        contract: as it is in force.
        now: what was counted and delivered before counts.
    """
    records: list[StockRecord] = []
    for machine in contract.machines if parts.stocks is not None else ():
        known = parts.stocks.known(SYSTEM_WORKER, machine, now) if parts.stocks else []
        records += [each for each in known if each.at < now]
    asked = [
        _Asked(contract, price, price.price, meter, stock, now)
        for price, meter, scope in replenished(contract)
        for stock in stocks_of(contract, price, scope, records)
        if isinstance(price.price, ReplenishmentPrice)
    ]
    wanted = [each for one in asked for span in one.spans() for each in one.measured(span)]
    metering = parts.metering.ahead(wanted, now) if wanted else parts.metering
    return [one.proposed(actor, metering) for one in asked]


class _Asked(msgspec.Struct, frozen=True):
    """A stock that a proposal is made for."""

    contract: Contract
    price: UsagePrice
    terms: ReplenishmentPrice
    meter: MeterTerms
    stock: Stock
    now: Instant

    def spans(self) -> Iterator[Period]:
        """Yield what has to be measured: since the last count, and each whole day."""
        for last in self.stock.counts[-1:]:
            yield Period(last.at, self.now)
        yield from self.days()

    def days(self) -> Sequence[Period]:
        """Return the last whole civil days of the contract, as many as the terms say."""
        zone = zone_named(self.contract.time_zone)
        today = to_datetime(self.now, zone).date()
        starts = [
            day_start(today - dt.timedelta(days=back), zone)
            for back in range(self.terms.reorder.history_days, -1, -1)
        ]
        found = [Period(*pair) for pair in pairwise(starts)]
        return [day for day in found if self.contract.starts_at <= day.start]

    def measured(self, span: Period) -> list[Measurement]:
        """Return what says what was consumed in a span."""
        return self.stock.measured(self.contract, self.meter, span)

    def proposed(self, actor: Actor, metering: UsageSource) -> StockProposal:
        """Measure, and compare."""
        quantity, last = None, None
        for last in self.stock.counts[-1:]:
            quantity = last.quantity.to(self.terms.unit).amount
            since = Period(last.at, self.now)
            for delivery in self.stock.delivered(since):
                quantity += delivery.quantity.to(self.terms.unit).amount
            quantity -= self._consumed(actor, metering, since)
        per_day = [self._consumed(actor, metering, day) for day in self.days()]
        is_enough = len(per_day) >= HISTORY_DAYS_MIN
        return StockProposal(
            item=self.price.id,
            description=self.price.description,
            machines=self.stock.machines,
            unit=self.terms.unit,
            quantity=quantity,
            counted_at=None if last is None else last.at,
            reorder=reorder_point(per_day, self.terms.reorder) if is_enough else None,
        )

    def _consumed(self, actor: Actor, metering: UsageSource, span: Period) -> Fraction:
        consumed = Quantity(Fraction(0), self.meter.unit)
        for meter, part in self.measured(span):
            consumed += metering.usage(actor, meter, part, self.now).quantity
        return consumed.to(self.terms.unit).amount
