"""What the things are called that a refusal is about: its message has ids, a page shows names.

An error says in its `values` which contract, machine, offering or meters it is about; no other
word of its message is ever taken for an id.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lineshaft.core.errors import Refusal
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.model import Contract, LocalText
from lineshaft.web.ports import Application
from lineshaft.web.texts import Language

NAMES = "names"
"""Key of the `values` of an error under which pages find what ids are called."""
_KINDS = ("contract", "machine", "offering")


def name_things(application: Application, actor: Actor, language: Language, error: Refusal) -> None:
    """Keep beside a refusal what the things are called that it is about, as far as one may know."""
    found: dict[str, str] = {}
    for kind, id_ in _things(error.values):
        try:
            found |= _named(application, actor, language, (kind, id_))
        except Refusal:
            continue  # who may not see a thing reads its id, which the message has anyway
    if found:
        error.values[NAMES] = found


def in_names(error: Exception, text: str) -> str:
    """Write a text about an error with names in the place of ids."""
    values = error.values if isinstance(error, Refusal) else {}
    names: Any = values.get(NAMES)
    if not names:
        return text
    longest = sorted(names, key=len, reverse=True)
    ids = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, longest))})(?![\w-]|\.\w)")
    return ids.sub(lambda found: f"“{names[found[0]]}”", text)


def meter_names(contract: Contract) -> dict[str, LocalText]:
    """Return what the meters of a contract count, in words, by id."""
    terms = contract.terms
    names = {meter.id: name for price in terms.usage_prices for name, meter in price.measured}
    promised = [] if terms.guarantee is None else [terms.guarantee]
    names |= {each.meter.id: each.description for each in promised}
    return names | {
        meter.id: each.description for each in terms.promised for meter in each.meters()
    }


def _things(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in _KINDS:
        if isinstance(values.get(kind), str):
            yield kind, values[kind]
    if "missing" in values:
        yield "meters_of", values["contract"]
        yield from {("machine", each["machine"]) for each in values["missing"]}


def _named(
    application: Application, actor: Actor, language: Language, thing: tuple[str, str]
) -> dict[str, str]:
    kind, id_ = thing
    if kind == "machine":
        return {id_: application.twin.machine(actor, id_).name}
    if kind == "offering":
        return {id_: _said(application.contracts.offering(actor, id_).name, language)}
    if kind == "meters_of":
        contract = application.contracts.contract(actor, id_).contract
        return {meter: _said(name, language) for meter, name in meter_names(contract).items()}
    return {id_: _said(application.contracts.title(actor, id_), language)}


def _said(text: LocalText, language: Language) -> str:
    return text.to_content()[language.value]
