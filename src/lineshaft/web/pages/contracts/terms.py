"""The terms of a contract in words."""

from fractions import Fraction

from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.model import (
    Contract,
    FlatPrice,
    GraduatedPrice,
    Guarantee,
    LocalText,
    PerUnitPrice,
    Price,
    Terms,
)
from lineshaft.web import format as form
from lineshaft.web.components import facts
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.session import Visit


def terms_in_words(visit: Visit, contract: Contract) -> Html:
    """Return what is charged and promised, a sentence each."""
    terms = contract.terms
    pairs: list[tuple[str, Child]] = []
    if terms.base_fee is not None:
        fee = form.amount(f"{terms.base_fee.amount_per_month:f}", contract.currency)
        said = visit.say(f"terms.proration.{terms.base_fee.proration.value}", amount=fee)
        pairs.append((local(visit, terms.base_fee.description), said))
    for price in terms.usage_prices:
        said_price = _price(visit, price.price, contract.currency)
        pairs.append((local(visit, price.description), said_price))
    if terms.guarantee is not None:
        promised = _guarantee(visit, terms.guarantee)
        pairs.append((local(visit, terms.guarantee.description), promised))
    pairs += [
        (visit.say("terms.vat"), _vat(visit, terms)),
        (visit.say("terms.billing"), _billing(visit, contract)),
    ]
    return facts(pairs, is_list=True)


def local(visit: Visit, text: LocalText) -> str:
    """Return a text of the contract in the reader's language."""
    return text.to_content()[visit.language.value]


def _price(visit: Visit, price: Price, currency: str) -> Child:
    match price:
        case FlatPrice():
            return visit.say("terms.flat", amount=form.amount(f"{price.amount:f}", currency))
        case PerUnitPrice():
            amount = form.amount(f"{price.unit_price:f}", currency)
            return visit.say("terms.per_unit", amount=amount, unit=unit_named(price.unit).symbol)
        case GraduatedPrice():
            return _tiers(visit, price, currency)


def _tiers(visit: Visit, price: GraduatedPrice, currency: str) -> Html:
    unit = unit_named(price.unit).symbol
    below = Fraction(0)
    lines = []
    for tier in price.tiers:
        key = "terms.tier_first" if below == 0 else "terms.tier_middle"
        key = "terms.tier_last" if tier.up_to is None else key
        said = visit.say(
            key,
            amount=form.amount(f"{tier.unit_price:f}", currency),
            unit=unit,
            above=form.rounded(below),
            up_to=form.rounded(tier.up_to or Fraction(0)),
        )
        lines.append(tag("li", said))
        below = tier.up_to or below
    return tag("ul", lines, class_="plain")


def _guarantee(visit: Visit, guarantee: Guarantee) -> Html:
    lines = [visit.say("terms.target", target=form.rounded(guarantee.target))]
    upper = guarantee.target
    for step in guarantee.steps:
        values = {
            "credit": form.rounded(step.credit),
            "from_": form.rounded(step.at_least),
            "below": form.rounded(upper),
        }
        key = "terms.step" if step.at_least else "terms.step_last"
        lines.append(visit.say(key, **values))
        upper = step.at_least
    lines.append(visit.say("terms.cap", cap=form.rounded(guarantee.cap)))
    lines.append(visit.say(f"terms.unknown.{guarantee.unknown_policy.value}"))
    return tag("ul", [tag("li", line) for line in lines], class_="plain")


def _vat(visit: Visit, terms: Terms) -> str:
    return visit.say(f"terms.vat.{terms.vat.category.value}", rate=form.rounded(terms.vat.rate))


def _billing(visit: Visit, contract: Contract) -> str:
    period = visit.say(f"terms.period.{contract.billing_period.value}")
    return visit.say("terms.billing_text", period=period, zone=contract.time_zone)
