"""How usage is measured: the meter of a price or of a guarantee, before there is a machine."""

from typing import Any

import msgspec

from lineshaft.core.reading import signal_id
from lineshaft.services.contracts.content import Frozen, check_id
from lineshaft.services.metering.model import Meter


class MeterTerms(Frozen, frozen=True):
    """How usage is measured on each machine of the contract.

    Attributes:
        signal: the name of the signal within the machine.
        kind: the family of the meter, see `metering/meters`.
        unit: code of UN/ECE Rec 20 that the meter counts in.
        parameters: what that kind of meter needs to know.
    """

    id: str
    signal: str
    kind: str
    unit: str
    parameters: dict[str, Any]

    def __post_init__(self) -> None:
        """Write the parameters in their canonical form; refuse what the kind cannot have.

        So two spellings of the same terms are equal, and nothing is left to fail at billing.
        """
        check_id(self.id, "meter")
        parameters = self.on("any").parameters.to_content()
        msgspec.structs.force_setattr(self, "parameters", parameters)

    def on(self, machine: str) -> Meter:
        """Return the meter of one machine.

        Raises:
            Invalid: when the kind is unknown or its parameters are not what it needs.
        """
        return Meter.from_content(
            {
                "id": self.id,
                "machine": machine,
                "signal": signal_id(machine, self.signal),
                "kind": self.kind,
                "unit": self.unit,
                "parameters": self.parameters,
            }
        )
