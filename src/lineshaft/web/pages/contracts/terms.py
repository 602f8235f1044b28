"""The terms of a contract in words."""

from lineshaft.services.contracts.model import Contract, Guarantee, Terms
from lineshaft.web import format as form
from lineshaft.web.components import facts
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import Machines, local
from lineshaft.web.pages.contracts.prices import (
    line_names,
    modifiers_in_words,
    price_in_words,
)
from lineshaft.web.pages.contracts.promises import promised_in_words
from lineshaft.web.session import Preferences, Visit


def terms_in_words(visit: Visit, contract: Contract, machines: Machines) -> Html:
    """Return what is charged and promised, and how it is billed, a sentence each."""
    pairs = charges_in_words(visit, contract.terms, contract.currency, machines)
    billing: Child = _billing(visit, contract)
    return facts([*pairs, (visit.say("terms.billing"), billing)], is_list=True)


def charges_in_words(
    visit: Preferences, terms: Terms, currency: str, machines: Machines
) -> list[tuple[str, Child]]:
    """Return what is charged and promised: the name of each part, and what it says."""
    pairs: list[tuple[str, Child]] = []
    if terms.base_fee is not None:
        fee = form.amount(f"{terms.base_fee.amount_per_month:f}", currency)
        said = visit.say(f"terms.proration.{terms.base_fee.proration.value}", amount=fee)
        changed = modifiers_in_words(visit, terms.base_fee.modifiers, currency)
        pairs.append((local(visit, terms.base_fee.description), [said, changed]))
    names = line_names(visit, terms)
    for price in terms.usage_prices:
        said_price = price_in_words(visit, price.price, currency, names, machines)
        changed = modifiers_in_words(visit, price.modifiers, currency)
        pairs.append((local(visit, price.description), [said_price, changed]))
    if terms.guarantee is not None:
        promised = _guarantee(visit, terms.guarantee)
        pairs.append((local(visit, terms.guarantee.description), promised))
    pairs += promised_in_words(visit, terms)
    if terms.are_fees_ahead:
        pairs.append((visit.say("terms.fees_due"), visit.say("terms.fees_due.advance")))
    pairs.append((visit.say("terms.vat"), _vat(visit, terms)))
    return pairs


def _guarantee(visit: Preferences, guarantee: Guarantee) -> Html:
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


def _vat(visit: Preferences, terms: Terms) -> str:
    return visit.say(f"terms.vat.{terms.vat.category.value}", rate=form.rounded(terms.vat.rate))


def _billing(visit: Visit, contract: Contract) -> str:
    period = visit.say(f"terms.period.{contract.billing_period.value}")
    return visit.say("terms.billing_text", period=period, zone=contract.time_zone)
