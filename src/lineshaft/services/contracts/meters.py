"""How usage is measured: the meter of a price or of a guarantee, before there is a machine."""

from fractions import Fraction
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

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
        read = _meter(self.id, self.signal, self.kind, self.unit, self.parameters)
        parameters = read.parameters.to_content()
        msgspec.structs.force_setattr(self, "parameters", parameters)

    @property
    def completeness_share(self) -> Fraction | None:
        """The least completeness as a ratio, as `judge` takes it."""
        return None if self.completeness_min is None else self.completeness_min / PERCENT

    def on(self, machine: str) -> Meter:
        """Return the meter of one machine."""
        parameters = msgspec.json.encode(self.parameters)
        return _meter_on(self.id, self.signal, self.kind, self.unit, parameters, machine)


_ANY = "any"
"""A machine in place of those that the terms do not know."""


@lru_cache(maxsize=4_096)
def _meter_on(  # noqa: PLR0913, PLR0917 - what it is remembered by
    id_: str, signal: str, kind: str, unit: str, parameters: bytes, machine: str
) -> Meter:
    """Return the meter of one machine: it is asked for each time that a contract is looked at."""
    found = _known_meter(id_, signal, kind, unit, parameters)
    return replace(found, machine=machine, signal=signal_id(machine, signal))


@lru_cache(maxsize=1_024)
def _known_meter(id_: str, signal: str, kind: str, unit: str, parameters: bytes) -> Meter:
    """Return a meter by its canonical parameters: the same one is asked for each machine."""
    return _meter(id_, signal, kind, unit, msgspec.json.decode(parameters))


def _meter(id_: str, signal: str, kind: str, unit: str, parameters: Any) -> Meter:
    return Meter.from_content(
        {
            "id": id_,
            "machine": _ANY,
            "signal": signal_id(_ANY, signal),
            "kind": kind,
            "unit": unit,
            "parameters": parameters,
        }
    )
