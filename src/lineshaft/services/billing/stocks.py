"""What the counts of stocks mean for a billed period: which time to measure, what to compare; pure.

A stock begins with its first count: before it nobody knows what was there, and nothing is compared.
It goes on through contract years and versions of the contract: what was consumed since the last
count is measured, and its difference charged, by the terms that are in force at the next one. A
count closes what came before it, so one at the very end of a period is of that period.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import msgspec

from lineshaft.core.period import Period, format_instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.pricing.replenishment import Reconciled
from lineshaft.services.contracts.model import (
    Contract,
    LocalText,
    MeterTerms,
    ReplenishmentPrice,
    StockScope,
    TermsInvalid,
    UsagePrice,
)
from lineshaft.services.facts.model import StockKind, StockRecord
from lineshaft.services.metering.model import Meter, UsageRecord

Measurement = tuple[Meter, Period]


class CountedStock(msgspec.Struct, frozen=True):
    """A count in a billed period, with all that says what should have been there.

    Attributes:
        before: the count before it, in whatever period.
        measured: what was consumed in between, of every machine that draws on the stock.
    """

    price: UsagePrice
    before: StockRecord
    deliveries: tuple[StockRecord, ...]
    count: StockRecord
    measured: tuple[Measurement, ...]

    @property
    def name(self) -> LocalText:
        """What is measured for it, in words."""
        name = self.price.description
        return LocalText(
            en=f"{name.en}: since the last count", zh_hans=f"{name.zh_hans}：自上次盘点"
        )


def counted_stocks(
    contract: Contract, period: Period, records: Sequence[StockRecord]
) -> list[CountedStock]:
    """Return the counts of a period that follow another, by price, stock and time.

    Raises:
        TermsInvalid: when a stock is counted twice at one instant.
    """
    found: list[CountedStock] = []
    for price, meter, scope in replenished(contract):
        for stock in stocks_of(contract, price, scope, records):
            found += _counted(contract, period, price, meter, stock)
    return found


def stock_measurements(counted: Sequence[CountedStock]) -> tuple[Measurement, ...]:
    """Return what has to be measured beside `contract.measurements`, in the order of documents."""
    return tuple(each for one in counted for each in one.measured)


def stock_names(counted: Sequence[CountedStock]) -> tuple[LocalText, ...]:
    """Return what each of `stock_measurements` is for, in words, in the same order."""
    return tuple(one.name for one in counted for _ in one.measured)


def told_of(counted: Sequence[CountedStock]) -> tuple[StockRecord, ...]:
    """Return the records that the lines of a period follow from, each once, by time and id."""
    told = {each.id: each for one in counted for each in (one.before, *one.deliveries, one.count)}
    return tuple(sorted(told.values(), key=lambda record: (record.at, record.id)))


def reconciled(
    counted: Sequence[CountedStock], usage: Sequence[UsageRecord], first: int
) -> list[tuple[CountedStock, Reconciled]]:
    """Put what was measured to each count.

    Args:
        counted: of the period.
        usage: all records of the document.
        first: the place of the first one of `stock_measurements`.
    """
    found, at = [], first
    for one in counted:
        places = tuple(range(at, at + len(one.measured)))
        consumed = _sum(one.price, [usage[place] for place in places])
        at += len(places)
        known = Reconciled(one.before, one.deliveries, one.count, consumed, places)
        found.append((one, known))
    return found


def replenished(
    contract: Contract,
) -> Iterator[tuple[UsagePrice, MeterTerms, StockScope]]:
    """Yield the prices of consumables that have a stock, with their meters."""
    for price in contract.terms.usage_prices:
        if isinstance(price.price, ReplenishmentPrice) and price.meter is not None:
            yield price, price.meter, price.price.stock


class Stock(msgspec.Struct, frozen=True):
    """The records of one stock since the start of the contract, by time and id.

    Attributes:
        machines: that draw on it.
    """

    machines: tuple[str, ...]
    records: tuple[StockRecord, ...]

    @property
    def counts(self) -> list[StockRecord]:
        """Its counts, the first one first."""
        return [each for each in self.records if each.kind is StockKind.COUNT]

    def delivered(self, span: Period) -> tuple[StockRecord, ...]:
        """Return the deliveries of a span."""
        return tuple(
            each
            for each in self.records
            if each.kind is StockKind.DELIVERY and span.contains(each.at)
        )

    def measured(self, contract: Contract, meter: MeterTerms, span: Period) -> list[Measurement]:
        """Return what says what was consumed in a span."""
        return [
            (meter.on(slot.machine), slot.period)
            for slot in contract.slots(span)
            if slot.machine in self.machines
        ]


def stocks_of(
    contract: Contract, price: UsagePrice, scope: StockScope, records: Sequence[StockRecord]
) -> list[Stock]:
    """Divide the records of a price by stock; what was before the contract is not of it."""
    ours = [
        each
        for each in sorted(records, key=lambda record: (record.at, record.id))
        if (each.contract, each.item) == (contract.id, price.id) and each.at >= contract.starts_at
    ]
    if scope is StockScope.SITE:
        return [Stock(contract.machines, tuple(ours))]
    return [
        Stock((machine,), tuple(each for each in ours if each.machine == machine))
        for machine in contract.machines
    ]


def _counted(
    contract: Contract, period: Period, price: UsagePrice, meter: MeterTerms, stock: Stock
) -> Iterator[CountedStock]:
    for before, count in pairwise(stock.counts):
        if not period.start < count.at <= period.end:
            continue
        if before.at == count.at:
            msg = f"{price.id}: {before.id} and {count.id} count one stock at "
            msg += f"{format_instant(count.at)}: expected one of them to be withdrawn"
            raise TermsInvalid(msg)
        span = Period(before.at, count.at)
        measured = tuple(stock.measured(contract, meter, span))
        yield CountedStock(price, before, stock.delivered(span), count, measured)


def _sum(price: UsagePrice, records: Sequence[UsageRecord]) -> Quantity:
    unit = "C62" if price.meter is None else price.meter.unit
    total = Quantity(Fraction(0), unit)
    for record in records:
        total += record.quantity
    return total
