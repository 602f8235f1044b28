"""What contracts and machines are called, so that pages show names and never ids."""

from collections.abc import Iterable, Mapping

from lineshaft.core.errors import Refusal
from lineshaft.platform.twin.model import Machine
from lineshaft.services.contracts.model import Contract, LocalText
from lineshaft.web.session import Preferences, Visit

Machines = Mapping[str, Machine]
"""Machines by id; an id that is not there is shown as it is."""


async def contract_name(visit: Visit, contract: Contract) -> str:
    """Return what is sold under a contract, in the reader's language."""
    found = await visit.ask(visit.application.contracts.title, contract.id, contract.version)
    return found.to_content()[visit.language.value]


async def contract_names(visit: Visit, ids: Iterable[str]) -> dict[str, str]:
    """Return what contracts are called: what is sold, and to whom; an id that says nothing stays.

    A page shows few of them at once, so each is asked for.
    """
    names = {}
    for id_ in dict.fromkeys(ids):
        try:
            contract = (await visit.ask(visit.application.contracts.contract, id_)).contract
        except Refusal:
            names[id_] = id_
        else:
            names[id_] = f"{await contract_name(visit, contract)}, {contract.customer.name}"
    return names


async def machines_by_id(visit: Visit) -> dict[str, Machine]:
    """Return the machines that somebody may see, by id."""
    return {machine.id: machine for machine in await visit.ask(visit.application.twin.machines)}


def machine_name(machines: Machines, id_: str) -> str:
    """Return the name of a machine, or its id where it was never described."""
    return machines[id_].name if id_ in machines else id_


def local(visit: Preferences, text: LocalText) -> str:
    """Return a text of a contract in the reader's language."""
    return text.to_content()[visit.language.value]
