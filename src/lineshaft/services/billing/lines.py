"""The lines of a document: base fee, usage, credit; each rounded once, with its steps. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from lineshaft.core.money import Money, allocate
from lineshaft.core.period import US_PER_S, Period, zone_named
from lineshaft.core.quantity import Quantity, conversion_factor
from lineshaft.services.billing.fees import fee_lines, round_line
from lineshaft.services.billing.model import (
    FeesAhead,
    GuaranteeOutcome,
    GuaranteeResult,
    LineKind,
    RatedLine,
    shown_quantity,
)
from lineshaft.services.billing.modifiers import Charge, ContractYear, modify
from lineshaft.services.billing.pricing import (
    NO_QUANTITY,
    Metered,
    Priced,
    PricedPart,
    allocated,
    bought,
    core_kept,
    cores_of,
    instalments_of,
    leased_months,
    price_usage,
    stock_difference,
)
from lineshaft.services.billing.pricing.replenishment import Reconciled
from lineshaft.services.billing.stocks import CountedStock, reconciled, stock_measurements
from lineshaft.services.contracts.model import (
    BundlePart,
    BundlePrice,
    Contract,
    CoreDepositPrice,
    EnergySavingPrice,
    Guarantee,
    LeasePrice,
    LocalText,
    MatrixPrice,
    ReplenishmentPrice,
    ServiceGuarantee,
    UnitPrice,
    UsagePrice,
    credit_amount,
)
from lineshaft.services.facts.model import Core
from lineshaft.services.metering.model import UsageRecord

Steps = list[dict[str, Any]]
Placed = Sequence[tuple[int, UsageRecord]]
"""Usage records with their places in the document."""

_ONE = "C62"


class _Period(msgspec.Struct, frozen=True):
    """What every line of a period needs."""

    contract: Contract
    period: Period
    zone: ZoneInfo

    def charge(self, amount: Fraction, quantity: Quantity, year: ContractYear | None) -> Charge:
        return Charge(amount, quantity, self.period, self.zone, year)


class _Records(msgspec.Struct, frozen=True):
    """What a line follows from.

    Attributes:
        now: of the period.
        earlier: of the contract year before its last period, where a quantity is committed.
        before: of each billed period of the contract year before, where something is carried.
    """

    now: Placed
    earlier: Placed
    before: Sequence[Placed]

    @property
    def placed(self) -> list[tuple[int, UsageRecord]]:
        return [*self.now, *self.earlier, *(each for placed in self.before for each in placed)]


def lines_of(  # noqa: PLR0913, PLR0917 - all that lines follow from, each a thing of its own
    contract: Contract,
    period: Period,
    usage: Sequence[UsageRecord],
    cores: Sequence[Core] = (),
    counted: Sequence[CountedStock] = (),
    fees: FeesAhead | None = None,
) -> list[RatedLine]:
    """Return the lines of fee and usage, in the order of the terms.

    Args:
        contract: the version that is in force.
        period: the service period.
        usage: one record for each of `contract.measurements(period)`, in that order, then of
            `stock_measurements`.
        cores: those of `recorded_cores`.
        counted: the counts of stocks in the period.
        fees: what is billed in advance; None: fees are billed in arrears.
    """
    of = _Period(contract, period, zone_named(contract.time_zone))
    lines = fee_lines(contract, period, fees)
    measured, placed = contract.metered_prices(), list(enumerate(usage))
    count = measured_count(contract, period)
    records = _records_by_price(measured, placed[: _priced_count(contract, period)])
    committed = contract.committed_prices()
    committed_end = count + len(committed) * len(contract.committed_slots(period))
    earlier = _records_by_price(committed, placed[count:committed_end])
    before = _carried_by_price(contract, period, placed[committed_end:])
    corrected = reconciled(counted, usage, len(usage) - len(stock_measurements(counted)))
    for price in contract.terms.usage_prices:
        if fees is not None and isinstance(price.price, BundlePrice):
            lines += _bundle_ahead(of, price, fees)
            continue
        if contract.is_opening(period):
            continue
        exact = {line.id: line.exact for line in lines}
        found = _Records(
            records.get(price.id, ()), earlier.get(price.id, ()), before.get(price.id, ())
        )
        if isinstance(price.price, CoreDepositPrice):
            lines += _core_lines(of, price, price.price, cores)
            continue
        line = _usage_line(of, price, found, exact)
        lines += [] if line is None else [line]
        if isinstance(price.price, LeasePrice):
            lines += _purchase_lines(of, price, price.price)
        found_at_counts = [found for one, found in corrected if one.price.id == price.id]
        if isinstance(price.price, ReplenishmentPrice) and found_at_counts:
            lines.append(_count_line(of, price, price.price, found_at_counts))
    return lines


def recorded_cores(contract: Contract, period: Period, cores: Sequence[Core]) -> tuple[Core, ...]:
    """Return the cores that the deposits of a period follow from, by id."""
    zone, found = zone_named(contract.time_zone), []
    for price in contract.terms.deposits:
        ours = [core for core in cores if (core.contract, core.item) == (contract.id, price.id)]
        if isinstance(price.price, CoreDepositPrice):
            found += cores_of(ours, period, price.price.days, zone)
    return tuple(sorted(found, key=lambda core: core.id))


def measured_count(contract: Contract, period: Period) -> int:
    """Return how many usage records are of the period itself, and not of the year before it."""
    promised = len(contract.promised_meters()) * len(contract.promised_slots(period))
    return _priced_count(contract, period) + promised


def _priced_count(contract: Contract, period: Period) -> int:
    meters = sum(len(price.measured) for price in contract.metered_prices())
    return meters * len(contract.slots(period))


def credit_line(
    contract: Contract,
    guarantee: Guarantee | ServiceGuarantee,
    base: RatedLine,
    result: GuaranteeResult | GuaranteeOutcome,
) -> RatedLine:
    """Credit a share of the exact base fee of the same period, net of tax."""
    exact = credit_amount(base.exact, result.credit)
    steps: Steps = [
        {
            "kind": "credit",
            "base_line": base.id,
            "base_exact": str(base.exact),
            "share": str(result.credit),
            "amount_exact": str(exact),
        }
    ]
    amount = round_line(exact, contract.currency, steps)
    return RatedLine(
        id=guarantee.id,
        kind=LineKind.SERVICE_CREDIT,
        description=guarantee.description,
        quantity=Quantity(Fraction(1), _ONE),
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=contract.terms.vat,
        usage=result.usage,
    )


def _records_by_price(prices: Sequence[UsagePrice], placed: Placed) -> dict[str, Placed]:
    """Divide records that stand in the order of prices: as many for each of their meters."""
    meters = sum(len(price.measured) for price in prices)
    each = len(placed) // meters if meters else 0
    found, at = {}, 0
    for price in prices:
        end = at + each * len(price.measured)
        found[price.id], at = placed[at:end], end
    return found


def _carried_by_price(
    contract: Contract, period: Period, placed: Placed
) -> dict[str, Sequence[Placed]]:
    """Divide the records of the billed periods before, for each price that is carried."""
    found: dict[str, Sequence[Placed]] = {}
    at = 0
    for price, spans in contract.carried_slots(period):
        ends = list(accumulate((len(span) * len(price.measured) for span in spans), initial=at))
        found[price.id] = [placed[start:end] for start, end in pairwise(ends)]
        at = ends[-1]
    return found


def _usage_line(
    of: _Period,
    price: UsagePrice,
    records: _Records,
    before: Mapping[str, Fraction],
) -> RatedLine | None:
    """Add the usage of all machines, price it, then modify it: tiers run over the sum.

    Nothing to charge is no line; the usage record stays in the document all the same.

    Args:
        of: the period.
        price: of the terms.
        records: that it follows from.
        before: exact amounts of the lines before, by their ids.
    """
    steps: Steps = []
    quantity = _charged(price, records.now, steps)
    priced = Priced(
        quantity,
        _states_us(records.now),
        before,
        now=_metered(price, of.period, records.now),
        before=_metered_before(of, price, records.before),
        zone=of.zone,
        paused=of.contract.paused(of.period),
        instalments=instalments_of(of.contract, price.price, of.period, of.zone)
        if isinstance(price.price, LeasePrice)
        else (),
    )
    parts = price_usage(priced, price.price)
    steps += [_part_step(part) for part in parts]
    exact = sum((part.amount for part in parts), Fraction(0))
    if isinstance(price.price, EnergySavingPrice):
        quantity = parts[-1].quantity or quantity
    if isinstance(price.price, LeasePrice):
        quantity = Quantity(Fraction(len(parts)), _ONE)
    year = _year(of, price, records.earlier, quantity.unit)
    modified = modify(of.charge(exact, quantity, year), price.modifiers)
    if not parts and not modified.amount:
        return None
    steps += modified.steps
    amount = round_line(modified.amount, of.contract.currency, steps)
    if price.is_shared:
        steps += _machine_shares(price, records.now, amount)
    if isinstance(price.price, BundlePrice):
        steps += [_allocation_step(part, share) for part, share in allocated(amount, price.price)]
    return RatedLine(
        id=price.id,
        kind=LineKind.USAGE,
        description=price.description,
        quantity=quantity,
        steps=tuple(steps),
        exact=modified.amount,
        amount=amount,
        vat=of.contract.terms.vat,
        usage=tuple(place for place, _ in records.placed),
        period=leased_months(price.price, priced.instalments),
    )


def _bundle_ahead(of: _Period, price: UsagePrice, fees: FeesAhead) -> list[RatedLine]:
    """Return the line of a bundle that is billed in advance."""
    if fees.period is None:
        return []
    line = _usage_line(replace(of, period=fees.period), price, _Records((), (), ()), {})
    return [] if line is None else [replace(line, period=fees.period)]


def _purchase_lines(of: _Period, price: UsagePrice, terms: LeasePrice) -> list[RatedLine]:
    """Return the line of leased machines that are bought, or none."""
    name = price.description
    described = LocalText(en=f"{name.en}: purchase", zh_hans=f"{name.zh_hans}：购买")
    parts = bought(terms, of.period)
    return _fixed_line(of, price.purchase_id, (LineKind.USAGE, described), parts)


def _fixed_line(
    of: _Period, id_: str, what: tuple[LineKind, LocalText], parts: Sequence[PricedPart]
) -> list[RatedLine]:
    """Return the line of priced parts that rest on no usage, one each; no parts are no line."""
    if not parts:
        return []
    kind, description = what
    exact = sum((part.amount for part in parts), Fraction(0))
    steps = [_part_step(part) for part in parts]
    amount = round_line(exact, of.contract.currency, steps)
    line = RatedLine(
        id=id_,
        kind=kind,
        description=description,
        quantity=Quantity(Fraction(len(parts)), _ONE),
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=of.contract.terms.vat,
        usage=(),
    )
    return [line]


def _core_lines(
    of: _Period, price: UsagePrice, terms: CoreDepositPrice, cores: Sequence[Core]
) -> list[RatedLine]:
    """Return what is deposited and given back, and what is kept; none of them where there is none.

    The deposit is owed to the customer, what is kept is revenue: they are two lines.
    """
    ours = [core for core in cores if core.item == price.id]
    priced = Priced(now=_metered(price, of.period, ()), zone=of.zone, cores=ours)
    name = price.description
    kept = LocalText(en=f"{name.en}: kept", zh_hans=f"{name.zh_hans}：扣留")
    deposited = _fixed_line(of, price.id, (LineKind.CORE_DEPOSIT, name), price_usage(priced, terms))
    return deposited + _fixed_line(
        of, price.kept_id, (LineKind.USAGE, kept), core_kept(priced, terms)
    )


def _count_line(
    of: _Period, price: UsagePrice, terms: ReplenishmentPrice, counts: Sequence[Reconciled]
) -> RatedLine:
    """Return what the counts of the period correct, which may be nothing or below zero."""
    parts = [part for count in counts for part in stock_difference(count, terms)]
    exact = sum((part.amount for part in parts), Fraction(0))
    missing = Quantity(Fraction(0), terms.unit)
    for part in parts:
        missing += part.quantity or Quantity(Fraction(0), terms.unit)
    steps = [_part_step(part) for part in parts]
    amount = round_line(exact, of.contract.currency, steps)
    name = price.description
    return RatedLine(
        id=price.count_id,
        kind=LineKind.USAGE,
        description=LocalText(
            en=f"{name.en}: difference at the count", zh_hans=f"{name.zh_hans}：盘点差异"
        ),
        quantity=missing,
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=of.contract.terms.vat,
        usage=tuple(place for count in counts for place in count.places),
    )


def _charged(price: UsagePrice, records: Placed, steps: Steps) -> Quantity:
    """Return the usage in the unit of the price, and add the steps to it; 1 where none is."""
    if price.meter is None:
        return Quantity(Fraction(1), _ONE)
    usage = Quantity(Fraction(0), price.meter.unit)
    each = len(records) // len(price.measured)
    for place, record in records[:each]:
        measured = _measured(price, record)
        usage += measured
        steps.append({"kind": "usage", "usage": place, "quantity": shown_quantity(measured)})
    if each > 1:
        steps.append({"kind": "sum", "quantity": shown_quantity(usage)})
    for place, record in records[each:]:
        shown = shown_quantity(record.quantity)
        steps.append({"kind": "usage", "usage": place, "quantity": shown})
    if not isinstance(price.price, UnitPrice) or price.price.unit == usage.unit:
        return usage
    factor = conversion_factor(usage.unit, price.price.unit)
    charged = usage.to(price.price.unit)
    steps.append({"kind": "conversion", "factor": str(factor), "quantity": shown_quantity(charged)})
    return charged


def _measured(price: UsagePrice, record: UsageRecord) -> Quantity:
    """Return what a record counts for a price: for a matrix, the time in all states."""
    if not isinstance(price.price, MatrixPrice):
        return record.quantity
    known = Quantity(Fraction(sum(record.states.values()), US_PER_S), "SEC")
    return known.to(record.quantity.unit)


def _metered(price: UsagePrice, period: Period, records: Placed) -> Metered:
    """Add what each meter of a price measured over a billed period, all machines together."""
    each = len(records) // max(1, len(price.measured))
    quantities = {}
    for i, (_, meter) in enumerate(price.measured):
        quantity = Quantity(Fraction(0), meter.unit)
        for _, record in records[i * each : (i + 1) * each]:
            quantity += record.quantity
        quantities[meter.id] = quantity
    own = NO_QUANTITY if price.meter is None else quantities[price.meter.id]
    return Metered(period, own, quantities)


def _metered_before(of: _Period, price: UsagePrice, before: Sequence[Placed]) -> list[Metered]:
    spans = of.contract.periods_before(of.period) if before else []
    return [_metered(price, span, records) for span, records in zip(spans, before, strict=True)]


def _states_us(records: Placed) -> Counter[str]:
    states_us: Counter[str] = Counter()
    for _, record in records:
        states_us.update(record.states)
    return states_us


def _year(of: _Period, price: UsagePrice, earlier: Placed, unit: str) -> ContractYear | None:
    """Return the contract year that ends now, with its usage before; None while it goes on."""
    year = of.contract.year_ending_with(of.period) if price.is_committed_by_year else None
    if year is None:
        return None
    before = Quantity(Fraction(0), unit)
    for _, record in earlier:
        before += _measured(price, record)
    return ContractYear(year, before)


def _part_step(part: PricedPart) -> dict[str, Any]:
    step: dict[str, Any] = {"kind": part.kind, "amount_exact": str(part.amount), **part.detail}
    if part.unit_price is not None:
        step["unit_price"] = f"{part.unit_price:f}"
    if part.quantity is not None:
        step["quantity"] = shown_quantity(part.quantity)
    if part.above is not None:
        step["above"] = str(part.above)
        step["up_to"] = None if part.up_to is None else str(part.up_to)
    return step


def _machine_shares(price: UsagePrice, records: Placed, amount: Money) -> Steps:
    """Divide the amount of a line by what each machine used; equally where none did."""
    used: dict[str, Quantity] = {}
    for _, record in records:
        machine, measured = record.meter.machine, _measured(price, record)
        used[machine] = used[machine] + measured if machine in used else measured
    weights = [abs(each.amount) for each in used.values()]
    shares = allocate(amount, weights if any(weights) else [Fraction(1)] * len(weights))
    return [
        {
            "kind": "machine_share",
            "amount": f"{share.amount:f}",
            "machine": machine,
            "quantity": shown_quantity(quantity),
        }
        for (machine, quantity), share in zip(used.items(), shares, strict=True)
    ]


def _allocation_step(part: BundlePart, share: Money) -> dict[str, Any]:
    return {
        "kind": "allocation",
        "amount": f"{share.amount:f}",
        "description": part.description.to_content(),
        "offering": {"id": part.offering, "version": part.offering_version},
        "part": part.id,
        "stand_alone_price": f"{part.stand_alone_price:f}",
    }
