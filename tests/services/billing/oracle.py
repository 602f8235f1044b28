"""A second reading of prices and modifiers, to compare the engine with: it shares no code with it.

Plain content in, exact fractions out. It follows the formulas of `docs/formats/invoice.md` and
takes nothing of the product: neither its numbers, nor its periods, nor its terms.
"""

import datetime as dt
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

SECONDS_IN = {"SEC": 1, "MIN": 60, "HUR": 3600}
JOULES_IN = {"KWH": 3_600_000, "3B": 1_000_000}
Instant = dt.datetime
Span = tuple[Instant, Instant]


def price_case(case: dict[str, Any]) -> dict[str, Any]:
    """Price one contract period.

    `case` has `terms` (as contracts carry them), `zone`, `decimals`, `contract` and `period` (pairs
    of RFC 3339 instants, the contract's end may be None), and `usage`: for each price id `now` and
    `earlier`, lists with one entry for each machine: a number, or microseconds by state.
    """
    terms, exact = case["terms"], {}
    fee = terms.get("base_fee")
    if fee is not None:
        amount = prorated(Fraction(fee["amount_per_month"]), case, fee["proration"])
        exact[fee["id"]] = modified(amount, Fraction(0), fee.get("modifiers", {}), case, None)
    for price in terms["usage_prices"]:
        amount = line_amount(price, case, exact)
        if amount is not None:
            exact[price["id"]] = amount
    rounded = {name: minor_units(amount, case["decimals"]) for name, amount in exact.items()}
    net = sum(rounded.values())
    tax = minor_units(
        net * Fraction(terms["vat"]["rate"]) / 100 / 10 ** case["decimals"], case["decimals"]
    )
    return {"exact": exact, "rounded": rounded, "net": net, "tax": tax, "gross": net + tax}


def line_amount(
    price: dict[str, Any], case: dict[str, Any], before: dict[str, Fraction]
) -> Fraction | None:
    """Return the exact amount of a line; None where there is no line."""
    model = price["price"]
    usage = case["usage"].get(price["id"], {"now": [], "earlier": []})
    if model["model"] in OUTCOMES:
        amount = OUTCOMES[model["model"]](price, usage, case)
        changes = price.get("modifiers", {})
        changed = modified(amount or Fraction(0), Fraction(0), changes, case, None)
        return changed if amount is not None or changed else None
    quantity = total(price, usage["now"])
    amount = model_amount(model, quantity, usage["now"], before)
    year = None
    if "take_or_pay" in price.get("modifiers", {}) and contract_year(case) is not None:
        is_first = contract_year(case)[0] == instant(case["period"][0])
        year = contract_year(case), total(price, [] if is_first else usage["earlier"])
    is_priced = amount is not None
    changed = modified(amount or Fraction(0), quantity, price.get("modifiers", {}), case, year)
    return changed if is_priced or changed != 0 else None


def total(price: dict[str, Any], amounts: list[Any]) -> Fraction:
    """Return the usage of all machines in the unit of the price."""
    if "meter" not in price:
        return Fraction(0)
    unit = price["price"].get("unit", price["meter"]["unit"])
    factor = Fraction(1)
    for table in (SECONDS_IN, JOULES_IN):
        if unit in table and price["price"]["model"] != "matrix":
            factor = Fraction(table[price["meter"]["unit"]], table[unit])
    if price["price"]["model"] == "matrix":
        microseconds = sum(sum(states.values()) for states in amounts)
        return Fraction(microseconds, 1_000_000 * SECONDS_IN[unit])
    return sum((Fraction(amount) for amount in amounts), Fraction(0)) * factor


def model_amount(
    model: dict[str, Any], q: Fraction, amounts: list[Any], before: dict[str, Fraction]
) -> Fraction | None:
    """Return what a price model charges; None for nothing to charge."""
    kind = model["model"]
    if kind == "flat":
        return Fraction(model["amount"])
    if kind == "percentage":
        there = [before[line] for line in model["lines"] if line in before]
        return sum(there, Fraction(0)) * Fraction(model["percent"]) / 100 if there else None
    if q == 0:
        return None
    if kind == "per_unit":
        return q * Fraction(model["unit_price"])
    if kind == "package":
        return -(-q // Fraction(model["size"])) * Fraction(model["package_price"])
    if kind == "matrix":
        own = {cell["state"]: cell["unit_price"] for cell in model["states"]}
        hours = 1_000_000 * SECONDS_IN[model["unit"]]
        return sum(
            Fraction(us, hours) * Fraction(own.get(state, model["other_price"]))
            for states in amounts
            for state, us in states.items()
        )
    return tiered(model, q)


def saving(price: dict[str, Any], usage: dict[str, Any], case: dict[str, Any]) -> Fraction:
    """Return a share of what was saved, after what earlier periods of the year lack."""
    model = price["price"]
    lacking = Fraction(model.get("carried_in", 0))
    period = tuple(instant(text) for text in case["period"])
    if model["carry"] == "contract_year":
        for span, then in zip(spans_before(case), usage["before"], strict=False):
            lacking = max(Fraction(0), lacking - saved(price, then, case, span))
            lacking = min(lacking, Fraction(model["carry_max"] or lacking))
    left = saved(price, usage, case, period) - lacking
    return (
        max(Fraction(0), left) * Fraction(model["tariff"]) * Fraction(model["share_percent"]) / 100
    )


def saved(
    price: dict[str, Any], usage: dict[str, Any], case: dict[str, Any], span: Span
) -> Fraction:
    """Return baseline - measured + adjustments over a span, in the unit of the price."""
    model = price["price"]
    baseline = [each for each in model["baselines"] if instant(each["since"]) <= span[0]][-1]
    basis = model["proration"]
    energy = prorated(Fraction(baseline["quantity_per_month"]), case, basis, span)
    for weight in baseline["weights"]:
        driven = sum((Fraction(each) for each in usage["drivers"][weight["driver"]]), Fraction(0))
        energy += Fraction(weight["per_unit"]) * driven
    for each in model["adjustments"]:
        low, high = max(span[0], instant(each["start"])), min(span[1], instant(each["end"]))
        if low < high:
            energy += prorated(Fraction(each["quantity_per_month"]), case, basis, (low, high))
    return energy - total(price, usage["now"])


def spans_before(case: dict[str, Any]) -> list[Span]:
    """Return the months of the contract year before the period, the last one cut at its start."""
    zone, start = ZoneInfo(case["zone"]), instant(case["period"][0])
    low = instant(case["contract"][0])
    year, month = low.astimezone(zone).year, low.astimezone(zone).month
    while month_start(year + 1, month, zone) <= start:
        year, low = year + 1, month_start(year + 1, month, zone)
    spans = []
    while low < start:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        spans.append((low, min(month_start(year, month, zone), start)))
        low = spans[-1][1]
    return spans


def leased(price: dict[str, Any], _usage: Any, case: dict[str, Any]) -> Fraction | None:
    """Return the instalments that are due; months are counted from the start of the contract."""
    model, zone = price["price"], ZoneInfo(case["zone"])
    low, high = (instant(text) for text in case["period"])
    begin = instant(case["contract"][0]).astimezone(zone)
    due = 0
    for k in range(model["months"]):
        months = begin.month - 1 + k + (model["due"] == "arrears")
        at = month_start(begin.year + months // 12, months % 12 + 1, zone)
        due += low < at <= high if model["due"] == "arrears" else low <= at < high
    own = {each["machine"]: each["instalment"] for each in model["machines"]}
    each = sum((Fraction(own.get(m, model["instalment"])) for m in case["machines"]), Fraction(0))
    return due * each if due else None


OUTCOMES: dict[str, Any] = {
    "bundle": lambda price, _usage, case: monthly(price["price"], case),
    "energy_saving": saving,
    "lease": leased,
}


def tiered(model: dict[str, Any], q: Fraction) -> Fraction:
    """Return the amount of a graduated or a volume price."""
    bounds = [Fraction(0)]
    bounds += [q if tier["up_to"] is None else Fraction(tier["up_to"]) for tier in model["tiers"]]
    steps = list(zip(model["tiers"], bounds, bounds[1:], strict=False))
    if model["model"] == "volume":
        inside = [tier for tier, low, high in steps if low < q and (q <= high)]
        return q * Fraction(inside[0]["unit_price"])
    amount = Fraction(0)
    for tier, low, high in steps:
        amount += Fraction(tier["unit_price"]) * max(Fraction(0), min(q, high) - low)
        amount += Fraction(tier.get("flat_fee", 0)) if q > low else 0
    return amount


def modified(
    amount: Fraction,
    q: Fraction,
    terms: dict[str, Any],
    case: dict[str, Any],
    year: tuple[Span, Fraction] | None,
) -> Fraction:
    """Apply take-or-pay, indexation, minimum, cap, discount and credit, in this order."""
    if "take_or_pay" in terms:
        amount += shortfall(terms["take_or_pay"], q, case, year)
    if "indexation" in terms:
        amount *= index_factor(terms["indexation"], case)
    if "minimum" in terms:
        amount = max(amount, monthly(terms["minimum"], case))
    if "cap" in terms:
        amount = min(amount, monthly(terms["cap"], case))
    discount = terms.get("discount")
    if discount is not None and discount["by"] == "percent":
        amount -= amount * Fraction(discount["percent"]) / 100
    elif discount is not None:
        amount = max(Fraction(0), amount - monthly(discount, case))
    if "credit" in terms:
        amount = max(Fraction(0), amount - Fraction(terms["credit"]["amount"]))
    return amount


def shortfall(
    terms: dict[str, Any], q: Fraction, case: dict[str, Any], year: tuple[Span, Fraction] | None
) -> Fraction:
    """Return what take-or-pay adds."""
    if terms["per"] == "month":
        wanted = prorated(Fraction(terms["quantity"]), case, terms["proration"])
    elif year is None:
        return Fraction(0)
    else:
        span, earlier = year
        q += earlier
        wanted = prorated(Fraction(terms["quantity"]) / 12, case, terms["proration"], span)
    return max(Fraction(0), wanted - q) * Fraction(terms["unit_price"])


def index_factor(terms: dict[str, Any], case: dict[str, Any]) -> Fraction:
    """Return w0 + sum of w_i * I_it / I_i0."""
    start, factor = instant(case["period"][0]), Fraction(terms["fixed"])
    for index in terms["indices"]:
        known = [each for each in index["values"] if instant(each["since"]) <= start]
        value = known[-1]["value"] if known else index["base"]
        factor += Fraction(index["weight"]) * Fraction(value) / Fraction(index["base"])
    return factor


def monthly(terms: dict[str, Any], case: dict[str, Any]) -> Fraction:
    return prorated(Fraction(terms["amount_per_month"]), case, terms["proration"])


def prorated(
    per_month: Fraction, case: dict[str, Any], basis: str, span: Span | None = None
) -> Fraction:
    """Return what something per month comes to in the period, or in another span."""
    zone = ZoneInfo(case["zone"])
    start, end = span or tuple(instant(text) for text in case["period"])
    local = start.astimezone(zone)
    year, month, amount = local.year, local.month, Fraction(0)
    while True:
        first, following = month_start(year, month, zone), month_start(year, month + 1, zone)
        if first >= end:
            return amount
        amount += per_month * share(
            max(start, first), min(end, following), (first, following), basis, zone
        )
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def share(low: Instant, high: Instant, month: Span, basis: str, zone: ZoneInfo) -> Fraction:
    """Return which share of a month lies between two instants in it."""
    if basis == "ACT_SECONDS":
        return Fraction(seconds(high - low), seconds(month[1] - month[0]))
    first, last = low.astimezone(zone).date(), high.astimezone(zone).date()
    if basis == "ACT_DAYS":
        begins, ends = (each.astimezone(zone).date() for each in month)
        return Fraction((last - first).days, (ends - begins).days)
    months = 12 * (last.year - first.year) + last.month - first.month
    return Fraction(30 * months + min(last.day, 30) - min(first.day, 30), 30)


def contract_year(case: dict[str, Any]) -> Span | None:
    """Return the contract year that ends with the period, counted from the contract's start."""
    zone = ZoneInfo(case["zone"])
    begin = instant(case["contract"][0])
    end = None if case["contract"][1] is None else instant(case["contract"][1])
    local = begin.astimezone(zone)
    year, billed_end = local.year, instant(case["period"][1])
    while True:
        next_begin = month_start(year + 1, local.month, zone)
        last = next_begin if end is None else min(next_begin, end)
        if last >= billed_end:
            return (begin, last) if last == billed_end else None
        year, begin = year + 1, next_begin


def month_start(year: int, month: int, zone: ZoneInfo) -> Instant:
    year, month = (year, month) if month <= 12 else (year + 1, month - 12)
    return dt.datetime(year, month, 1, tzinfo=zone).astimezone(dt.UTC)


def instant(text: str) -> Instant:
    return dt.datetime.fromisoformat(text)


def seconds(span: dt.timedelta) -> int:
    return span.days * 86_400 + span.seconds


def minor_units(amount: Fraction, decimals: int) -> int:
    """Round half away from zero to the smallest unit of the currency."""
    doubled = 2 * abs(amount) * 10**decimals
    units = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return units if amount >= 0 else -units
