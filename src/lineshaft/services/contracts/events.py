"""What happens to contracts."""

from typing import Any

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.contracts.model import Contract

SOURCE = "lineshaft/services/contracts"


def contract_activated(event_id: str, at: Instant, contract: Contract) -> Event:
    """A version of a contract binds from now on, and its grants are written."""
    data: dict[str, Any] = {
        "version": contract.version,
        "organisation": contract.organisation,
        "machines": list(contract.machines),
    }
    return Event(event_id, SOURCE, "ContractActivated", contract.id, at, data)
