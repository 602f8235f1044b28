"""What single values of an offering are called, and which of them people type into a form."""

from collections.abc import Iterator

import msgspec

from lineshaft.core.quantity import unit_named
from lineshaft.services.contracts.catalogue.model import places
from lineshaft.services.contracts.model import LocalText, Offering
from lineshaft.web.pages.contracts.names import local
from lineshaft.web.session import Preferences

TEXTS = frozenset({"offering", "rejects_signal", "signal", "since", "source"})
NUMBERS = frozenset(
    {
        "amount",
        "amount_per_month",
        "at_least",
        "cap",
        "carry_max",
        "credit",
        "credits_cap",
        "days",
        "deposit",
        "flat_fee",
        "offering_version",
        "other_price",
        "package_price",
        "per_unit",
        "percent",
        "quantity",
        "quantity_per_month",
        "rate",
        "share_percent",
        "size",
        "slope",
        "stand_alone_price",
        "target",
        "tariff",
        "unit_price",
        "until",
        "up_to",
    }
)
_COUNTED = frozenset({"bands", "drivers", "steps", "tiers", "weights"})
_METERS = frozenset({"energy", "good", "output", "produced", "production_time"})
_NUMBER = "C62"
"""One: no unit that anybody would read."""
_INSIDE = frozenset({"cap", "credit", "discount", "minimum", "take_or_pay"})
_OF_UNIT = frozenset(
    {
        "carry_max",
        "other_price",
        "quantity",
        "quantity_per_month",
        "size",
        "tariff",
        "unit_price",
        "up_to",
    }
)
_MONEY = frozenset(
    {
        "amount",
        "amount_per_month",
        "deposit",
        "flat_fee",
        "other_price",
        "package_price",
        "stand_alone_price",
        "tariff",
        "unit_price",
    }
)


class Figure(msgspec.Struct, frozen=True):
    """A value of an offering that people may change.

    Attributes:
        group: the part of the terms that it belongs to, in words.
        is_number: it takes digits only.
    """

    place: str
    group: str
    label: str
    value: str
    is_number: bool


def figures(reader: Preferences, offering: Offering) -> Iterator[Figure]:
    """Yield prices, targets, quantities and signals, in the order of the terms."""
    for place, value in places(offering).items():
        leaf = place.rpartition(".")[2]
        is_parameter = ".parameters." in place and leaf not in TEXTS
        if value is None or is_parameter or not (leaf in TEXTS or leaf in NUMBERS):
            continue
        group, label = named(reader, offering, place)
        yield Figure(place, group, label, value, leaf in NUMBERS)


def named(reader: Preferences, offering: Offering, place: str) -> tuple[str, str]:
    """Return the part of the terms that a place belongs to, and what the value is called."""
    steps = place.split(".")
    if steps[0] != "terms":
        return reader.say("figure.offering"), _whole(reader, steps)
    group, rest = _part(reader, offering, place.removeprefix("terms."))
    return group, _label(reader, offering, place, rest.split("."))


def _whole(reader: Preferences, steps: list[str]) -> str:
    if steps[0] == "name":
        language = "english" if steps[1] == "en" else "chinese"
        return reader.say(f"offering.name_{language}")
    return reader.say(f"offering.{steps[0]}")


def _part(reader: Preferences, offering: Offering, place: str) -> tuple[str, str]:
    """Return the name of a part, and what is left of the place within it."""
    terms = offering.terms
    parts: list[tuple[str, LocalText]] = []
    if terms.base_fee is not None:
        parts.append(("base_fee", terms.base_fee.description))
    if terms.guarantee is not None:
        parts.append(("guarantee", terms.guarantee.description))
    parts += [(f"usage_prices.{each.id}", each.description) for each in terms.usage_prices]
    parts += [(f"guarantees.{each.id}", each.description) for each in terms.promised]
    for start, description in parts:
        if place.startswith(f"{start}."):
            return local(reader, description), place.removeprefix(f"{start}.")
    if place.startswith("vat."):
        return reader.say("terms.vat"), place.removeprefix("vat.")
    return reader.say("figure.terms"), place


def _label(reader: Preferences, offering: Offering, place: str, steps: list[str]) -> str:
    *above, leaf = steps
    words: list[str] = []
    for number, step in enumerate(above):
        if step in _METERS or (step in _INSIDE and "modifiers" in above):
            words.append(reader.say(f"figure.in.{step}"))
        elif number and above[number - 1] in _COUNTED:
            words.append(reader.say(f"figure.in.{above[number - 1]}", number=step))
        elif number and above[number - 1] in {"baselines", "grades", "parts", "states"}:
            words.append(step)
    known = leaf in TEXTS or leaf in NUMBERS
    # What has no name here keeps the one of the file: it can be looked up there.
    words.append(reader.say(f"figure.{leaf}") if known else ".".join(steps[-2:]))
    unit = _unit(offering, place, leaf)
    return " · ".join(words) + (f" ({unit})" if unit else "")


def _unit(offering: Offering, place: str, leaf: str) -> str:
    of = ""
    if leaf in _OF_UNIT:
        start = place.partition(".price.")[0].partition(".modifiers.")[0]
        code = places(offering).get(f"{start}.price.unit")
        of = unit_named(code).symbol if code and code != _NUMBER else ""
    if leaf in _MONEY:
        return f"{offering.currency}/{of}" if of else offering.currency
    return of
