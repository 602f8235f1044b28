"""What happens to contracts."""

from typing import Any

from lineshaft.core.events import Event
from lineshaft.core.period import Instant, format_instant
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.life import ContractAct

SOURCE = "lineshaft/services/contracts"


def contract_activated(event_id: str, at: Instant, contract: Contract) -> Event:
    """A version of a contract binds from now on, and its grants are written."""
    data: dict[str, Any] = {
        "version": contract.version,
        "organisation": contract.organisation,
        "machines": list(contract.machines),
    }
    return Event(event_id, SOURCE, "ContractActivated", contract.id, at, data)


def contract_acted(event_id: str, act: ContractAct, organisation: str | None) -> Event:
    """Something was done with a contract: offered, accepted, paused, renewed, ended and so on.

    Args:
        event_id: of the event.
        act: what was done.
        organisation: the customer's; None for what the customer may not know of.
    """
    data: dict[str, Any] = {
        "act": str(act.kind),
        "version": act.version,
        "number": act.number,
        "at": format_instant(act.at),
    }
    if organisation is not None:
        data["organisation"] = organisation
    return Event(event_id, SOURCE, "ContractActed", act.contract, act.recorded_at, data)
