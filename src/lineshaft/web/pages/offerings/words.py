"""An offering in words: what it counts as, what it charges, what has to be measured."""

from collections.abc import Iterator

from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.catalogue.model import CatalogueEntry
from lineshaft.services.contracts.model import Activity, EnergySavingPrice, MeterTerms, Offering
from lineshaft.web.components import badge, facts
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.form import WORDS
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.pages.contracts.terms import charges_in_words
from lineshaft.web.session import Preferences


def sale_badge(reader: Preferences, entry: CatalogueEntry) -> Html:
    """Say whether new contracts may be made from it."""
    if entry.is_on_sale:
        return badge(reader.say("offering.on_sale"), "good")
    return badge(reader.say("offering.withdrawn"), "warn")


def class_in_words(reader: Preferences, offering: Offering, field: str) -> str:
    """Say what an offering is counted as; nothing where its maker has not said."""
    value = getattr(offering.classification, field)
    if value is None:
        return ""
    said = reader.say(f"offering.{field}.{value.value}")
    if not isinstance(value, Activity):
        return said
    return reader.say("offering.place", name=said, place=value.position, last=len(Activity))


def classified(reader: Preferences, offering: Offering) -> Html:
    """Return everything that it is counted as."""
    pairs: list[tuple[str, Child]] = [
        (reader.say(f"offering.{field}"), class_in_words(reader, offering, field))
        for field in WORDS
    ]
    if not any(value for _, value in pairs):
        return tag("p", reader.say("offering.not_classified"), class_="soft")
    return facts(pairs)


def charged(reader: Preferences, offering: Offering) -> Html:
    """Return what it charges and promises, a sentence each."""
    return facts(charges_in_words(reader, offering.terms, offering.currency, {}), is_list=True)


def measured(reader: Preferences, offering: Offering) -> Html:
    """Return what has to be measured on each machine: signal and kind of meter."""
    pairs: list[tuple[str, Child]] = []
    for name, meter in _meters(reader, offering):
        kind, unit = reader.say(f"meter.{meter.kind}"), unit_named(meter.unit).symbol
        said = [tag("code", meter.signal), f" – {kind}" + (f" ({unit})" if unit else "")]
        pairs.append((name, said))
    if not pairs:
        return tag("p", reader.say("offering.nothing_measured"), class_="soft")
    return facts(pairs, is_list=True)


def _meters(reader: Preferences, offering: Offering) -> Iterator[tuple[str, MeterTerms]]:
    terms = offering.terms
    for price in terms.usage_prices:
        if price.meter is not None:
            yield local(reader, price.description), price.meter
        if isinstance(price.price, EnergySavingPrice):
            for driver in price.price.drivers:
                yield local(reader, driver.description), driver.meter
    if terms.guarantee is not None:
        yield local(reader, terms.guarantee.description), terms.guarantee.meter
    for promised in terms.promised:
        for meter in promised.meters():
            yield local(reader, promised.description), meter
