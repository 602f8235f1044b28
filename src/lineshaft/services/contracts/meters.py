"""How usage is measured: the meter of a price or of a guarantee, before there is a machine."""

from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.reading import signal_id
from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id
from lineshaft.services.metering.model import Meter

PERCENT = 100


class MeterTerms(Frozen, frozen=True, omit_defaults=True):
    """How usage is measured on each machine of the contract.

    Attributes:
        signal: the name of the signal within the machine.
        kind: the family of the meter, see `metering/meters`.
        unit: code of UN/ECE Rec 20 that the meter counts in.
        parameters: what that kind of meter needs to know.
        completeness_min: in percent of the time that counts; below it nothing is billed. None:
            incomplete usage is billed and said (`metering/completeness.py`).
    """

    id: str
    signal: str
    kind: str
    unit: str
    parameters: dict[str, Any]
    completeness_min: Fraction | None = None

    def __post_init__(self) -> None:
        """Write the parameters in their canonical form; refuse what the kind cannot have.

        So two spellings of the same terms are equal, and nothing is left to fail at billing.
        """
        check_id(self.id, "meter")
        if self.completeness_min is not None and not 0 <= self.completeness_min <= PERCENT:
            msg = f"meter {self.id}: completeness_min {self.completeness_min}, expected 0 to 100 %"
            raise TermsInvalid(msg)
        parameters = self.on("any").parameters.to_content()
        msgspec.structs.force_setattr(self, "parameters", parameters)

    @property
    def completeness_share(self) -> Fraction | None:
        """The least completeness as a ratio, as `judge` takes it."""
        return None if self.completeness_min is None else self.completeness_min / PERCENT

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
