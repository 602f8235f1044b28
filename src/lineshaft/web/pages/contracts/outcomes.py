"""Prices of outcomes in words: a saved energy, bundles, deposits on cores, leases, consumables."""

from decimal import Decimal
from fractions import Fraction

from msgspec import UNSET

from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.model import (
    Baseline,
    BundlePrice,
    CoreDepositPrice,
    Driver,
    EnergySavingPrice,
    LeasePrice,
    ReplenishmentPrice,
    SavingAdjustment,
)
from lineshaft.web import format as form
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.contracts.names import Machines, local, machine_name
from lineshaft.web.session import Preferences

_ONE = "C62"
_Outcome = EnergySavingPrice | BundlePrice | CoreDepositPrice | LeasePrice | ReplenishmentPrice


def outcome_in_words(
    visit: Preferences, price: _Outcome, currency: str, machines: Machines
) -> Html:
    """Say a price of more than one figure; machines by their names."""
    match price:
        case EnergySavingPrice():
            return _saving(visit, price, currency)
        case BundlePrice():
            return _bundle(visit, price, currency)
        case CoreDepositPrice():
            return _deposit(visit, price, currency)
        case LeasePrice():
            return _lease(visit, price, currency, machines)
        case ReplenishmentPrice():
            return _replenishment(visit, price, currency)


def _saving(visit: Preferences, price: EnergySavingPrice, currency: str) -> Html:
    """Say what a saving is measured against, and what it is worth."""
    said = visit.say(
        "terms.saving",
        percent=form.rounded(price.share_percent),
        tariff=form.amount(f"{price.tariff:f}", currency),
        unit=unit_named(price.unit).symbol,
    )
    lines = [_baseline(visit, baseline, price) for baseline in price.baselines]
    lines += [_adjustment(visit, each, price) for each in price.adjustments]
    lines.append(visit.say(f"terms.saving.carry.{price.carry.value}"))
    if price.carry_max is not None:
        most = form.measure(price.carry_max, price.unit)
        lines.append(visit.say("terms.saving.carry_max", quantity=most))
    if price.carried_in:
        carried = form.measure(price.carried_in, price.unit)
        lines.append(visit.say("terms.saving.carried_in", quantity=carried))
    return tag("div", said, tag("ul", [tag("li", line) for line in lines], class_="plain"))


def _baseline(visit: Preferences, baseline: Baseline, price: EnergySavingPrice) -> str:
    drivers = {driver.meter.id: driver for driver in price.drivers}
    fixed = form.measure(baseline.quantity_per_month, price.unit)
    terms = [visit.say(f"terms.saving.fixed.{price.proration.value}", quantity=fixed)]
    for weight in baseline.weights:
        driver = drivers[weight.driver]
        terms.append(f"{form.measure(weight.per_unit, price.unit)} × {_driver(visit, driver)}")
    return visit.say(
        "terms.saving.baseline",
        id=baseline.id,
        version=baseline.version,
        since=_day(visit, parse_instant(baseline.since)),
        terms=" + ".join(terms),
        source=baseline.source,
    )


def _driver(visit: Preferences, driver: Driver) -> str:
    name, unit = local(visit, driver.description), driver.meter.unit
    return name if unit == _ONE else f"{name} ({unit_named(unit).symbol})"


def _adjustment(visit: Preferences, each: SavingAdjustment, price: EnergySavingPrice) -> str:
    return visit.say(
        f"terms.saving.adjustment.{each.kind.value}",
        quantity=form.measure(each.quantity_per_month, price.unit),
        period=form.period(each.period, visit.zone, visit.language),
        reason=local(visit, each.reason),
        by=each.approved_by,
        at=_day(visit, parse_instant(each.approved_at)),
    )


def _day(visit: Preferences, at: Instant) -> str:
    return form.day(at, visit.zone, visit.language)


def _bundle(visit: Preferences, price: BundlePrice, currency: str) -> Html:
    amount = _money(price.amount_per_month, currency)
    head = visit.say(f"terms.proration.{price.proration.value}", amount=amount)
    parts = [
        visit.say(
            "terms.bundle.part",
            part=local(visit, part.description),
            alone=_money(part.stand_alone_price, currency),
        )
        for part in price.parts
    ]
    return tag("div", head, tag("ul", [tag("li", part) for part in parts], class_="plain"))


def _deposit(visit: Preferences, price: CoreDepositPrice, currency: str) -> Html:
    head = visit.say("terms.core", amount=_money(price.deposit, currency), days=str(price.days))
    lines = [
        visit.say("terms.core.grade", grade=each.grade, percent=form.rounded(each.percent))
        for each in price.grades
    ]
    lines += [
        visit.say(
            "terms.core.upgrade", old=each.old, new=each.new, amount=_money(each.amount, currency)
        )
        for each in price.upgrades
    ]
    return tag("div", head, tag("ul", [tag("li", line) for line in lines], class_="plain"))


def _lease(visit: Preferences, price: LeasePrice, currency: str, machines: Machines) -> Html:
    head = visit.say(
        f"terms.lease.{price.due.value}",
        amount=_money(price.instalment, currency),
        months=str(price.months),
    )
    lines = [
        f"{machine_name(machines, each.machine)}: {_money(each.instalment, currency)}"
        for each in price.machines
    ]
    if price.residual is not None:
        lines.append(visit.say("terms.lease.residual", amount=_money(price.residual, currency)))
    if price.purchase_option is not None:
        amount = _money(price.purchase_option, currency)
        lines.append(visit.say("terms.lease.purchase_option", amount=amount))
    if price.classification is not UNSET:
        rate = form.rounded(price.annual_rate_percent or Fraction(0))
        lines.append(visit.say(f"terms.lease.class.{price.classification.value}", rate=rate))
    names = [machine_name(machines, each.machine) for each in price.bought]
    lines += [visit.say("terms.lease.bought", machine=name) for name in names]
    return tag("div", head, tag("ul", [tag("li", line) for line in lines], class_="plain"))


def _replenishment(visit: Preferences, price: ReplenishmentPrice, currency: str) -> Html:
    amount, unit = _money(price.unit_price, currency), unit_named(price.unit).symbol
    reorder = visit.say(
        "terms.reorder",
        days=form.rounded(price.reorder.lead_days),
        level=form.rounded(price.reorder.service_level),
        history=str(price.reorder.history_days),
    )
    lines = [visit.say(f"terms.stock.{price.stock.value}"), reorder]
    head = visit.say("terms.replenishment", amount=amount, unit=unit)
    return tag("div", head, tag("ul", [tag("li", line) for line in lines], class_="plain"))


def _money(amount: Decimal, currency: str) -> str:
    return form.amount(f"{amount:f}", currency)
