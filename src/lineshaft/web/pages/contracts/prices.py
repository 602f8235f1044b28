"""Prices and what changes them, in words."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.model import (
    AmountDiscount,
    BundlePrice,
    Commitment,
    CoreDepositPrice,
    EnergySavingPrice,
    FlatPrice,
    GraduatedPrice,
    LeasePrice,
    MatrixPrice,
    Modifiers,
    MonthlyAmount,
    MonthlyCommitment,
    PackagePrice,
    PercentagePrice,
    PerUnitPrice,
    Price,
    ReplenishmentPrice,
    Terms,
    VolumePrice,
)
from lineshaft.web import format as form
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import Machines, local
from lineshaft.web.pages.contracts.outcomes import outcome_in_words
from lineshaft.web.session import Preferences


def line_names(visit: Preferences, terms: Terms) -> dict[str, str]:
    """Return what the lines of a document are called, by id."""
    fee = terms.base_fee
    names = {} if fee is None else {fee.id: local(visit, fee.description)}
    return names | {price.id: local(visit, price.description) for price in terms.usage_prices}


def price_in_words(
    visit: Preferences, price: Price, currency: str, names: dict[str, str], machines: Machines
) -> Child:
    """Say a price; `names` are those of the lines that a share is taken of."""
    match price:
        case FlatPrice():
            return visit.say("terms.flat", amount=_money(price.amount, currency))
        case PerUnitPrice():
            amount = _money(price.unit_price, currency)
            return visit.say("terms.per_unit", amount=amount, unit=unit_named(price.unit).symbol)
        case GraduatedPrice() | VolumePrice():
            return _tiers(visit, price, currency)
        case PackagePrice():
            return visit.say(
                "terms.package",
                amount=_money(price.package_price, currency),
                size=form.measure(price.size, price.unit),
            )
        case MatrixPrice():
            return _states(visit, price, currency)
        case PercentagePrice():
            lines = ", ".join(names[line] for line in price.lines)
            return visit.say("terms.share", percent=form.rounded(price.percent), lines=lines)
        case (
            EnergySavingPrice()
            | BundlePrice()
            | CoreDepositPrice()
            | LeasePrice()
            | ReplenishmentPrice()
        ):
            return outcome_in_words(visit, price, currency, machines)


def modifiers_in_words(visit: Preferences, modifiers: Modifiers | None, currency: str) -> Child:
    """Say what changes a price, in the order in which it does."""
    if modifiers is None:
        return ""
    lines = [tag("li", line) for line in _changes(visit, modifiers, currency)]
    return tag("ul", lines, class_="plain")


def _changes(visit: Preferences, modifiers: Modifiers, currency: str) -> Iterator[str]:
    if modifiers.take_or_pay is not None:
        yield _commitment(visit, modifiers.take_or_pay, currency)
    if modifiers.indexation is not None:
        indices = ", ".join(
            f"{index.id} {form.percent(index.weight)}" for index in modifiers.indexation.indices
        )
        fixed = form.percent(modifiers.indexation.fixed)
        yield visit.say("terms.indexation", fixed=fixed, indices=indices)
    if modifiers.minimum is not None:
        yield visit.say("terms.minimum", amount=_monthly(visit, modifiers.minimum, currency))
    if modifiers.cap is not None:
        yield visit.say("terms.maximum", amount=_monthly(visit, modifiers.cap, currency))
    if isinstance(modifiers.discount, AmountDiscount):
        yield visit.say("terms.discount", amount=_monthly(visit, modifiers.discount, currency))
    elif modifiers.discount is not None:
        percent = form.rounded(modifiers.discount.percent)
        yield visit.say("terms.discount_percent", percent=percent)
    if modifiers.credit is not None:
        yield visit.say("terms.credit", amount=_money(modifiers.credit.amount, currency))


def _commitment(visit: Preferences, terms: Commitment, currency: str) -> str:
    per = "month" if isinstance(terms, MonthlyCommitment) else "year"
    return visit.say(
        f"terms.take_or_pay.{per}",
        quantity=form.rounded(terms.quantity),
        amount=_money(terms.unit_price, currency),
    )


def _monthly(visit: Preferences, terms: MonthlyAmount, currency: str) -> str:
    amount = _money(terms.amount_per_month, currency)
    return visit.say(f"terms.proration.{terms.proration.value}", amount=amount)


def _tiers(visit: Preferences, price: GraduatedPrice | VolumePrice, currency: str) -> Html:
    unit = unit_named(price.unit).symbol
    below = Fraction(0)
    lines = []
    for tier in price.tiers:
        key = "terms.tier_first" if below == 0 else "terms.tier_middle"
        key = "terms.tier_last" if tier.up_to is None else key
        said = visit.say(
            key,
            amount=_money(tier.unit_price, currency),
            unit=unit,
            above=form.rounded(below),
            up_to=form.rounded(tier.up_to or Fraction(0)),
        )
        if isinstance(tier.flat_fee, Decimal):
            said += visit.say("terms.tier_fee", amount=_money(tier.flat_fee, currency))
        lines.append(tag("li", said))
        below = tier.up_to or below
    is_volume = isinstance(price, VolumePrice)
    head = visit.say("terms.volume") if is_volume else ""
    return tag("div", head, tag("ul", lines, class_="plain"))


def _states(visit: Preferences, price: MatrixPrice, currency: str) -> Html:
    unit = unit_named(price.unit).symbol
    prices = [(each.state, each.unit_price) for each in price.states]
    prices.append((visit.say("terms.other_states"), price.other_price))
    lines = []
    for state, unit_price in prices:
        each = visit.say("terms.per_unit", amount=_money(unit_price, currency), unit=unit)
        lines.append(tag("li", visit.say("terms.state", state=state, price=each)))
    return tag("ul", lines, class_="plain")


def _money(amount: Decimal, currency: str) -> str:
    return form.amount(f"{amount:f}", currency)
