"""The parameters of the kinds that put together what meters of several signals find. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.services.metering.formula import Formula
from lineshaft.services.metering.parameters.counter import CounterParameters
from lineshaft.services.metering.parameters.fields import Fields
from lineshaft.services.metering.parameters.kinds import MeterKind
from lineshaft.services.metering.parameters.plain import PlainParameters, plain_from_content

INPUTS_MAX = 20


class Input(msgspec.Struct, frozen=True):
    """A meter of one signal whose quantity goes into another.

    Attributes:
        signal: its name within the machine; None: the signal of the whole meter.
    """

    signal: str | None
    kind: MeterKind
    unit: str
    parameters: PlainParameters

    @classmethod
    def from_content(cls, name: str, content: Any) -> "Input":
        """Read canonical or hand-written content."""
        if not isinstance(content, Mapping):
            msg = f"input {name}: expected a table with kind, unit, parameters and a signal"
            raise Invalid(msg)
        fields = Fields(content)
        try:
            signal = fields.text_or_none("signal")
            kind = MeterKind(fields.choice("kind", MeterKind, ""))
            unit = fields.text("unit", None)
            parameters = fields.table_or_none("parameters") or {}
            fields.end()
            return cls(signal, kind, unit, plain_from_content(kind, parameters, unit))
        except Invalid as error:
            msg = f"input {name}: {error}"
            raise type(error)(msg) from error

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content; the signal of the whole meter is not named."""
        content = {
            "kind": self.kind.value,
            "parameters": self.parameters.to_content(),
            "unit": self.unit,
        }
        return content if self.signal is None else content | {"signal": self.signal}


class GoodCountParameters(msgspec.Struct, frozen=True):
    """What was made less what was rejected: two counters.

    Attributes:
        total: of the signal of the meter.
        rejects: of `rejects_signal`, the name of a signal of the same machine.
    """

    total: CounterParameters
    rejects: CounterParameters
    rejects_signal: str

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "GoodCountParameters":
        """Read canonical or hand-written content."""
        fields = Fields(content)
        total, rejects = (fields.table_or_none(name) or {} for name in ("total", "rejects"))
        parameters = cls(
            total=CounterParameters.from_content(total, unit),
            rejects=CounterParameters.from_content(rejects, unit),
            rejects_signal=fields.text("rejects_signal", None),
        )
        fields.end()
        return parameters

    def inputs(self, unit: str) -> dict[str, Input]:
        """Return the two meters, by name, in the unit of the whole one."""
        return {
            "total": Input(None, MeterKind.COUNTER, unit, self.total),
            "rejects": Input(self.rejects_signal, MeterKind.COUNTER, unit, self.rejects),
        }

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "rejects": self.rejects.to_content(),
            "rejects_signal": self.rejects_signal,
            "total": self.total.to_content(),
        }


class ExpressionParameters(msgspec.Struct, frozen=True):
    """A formula over the exact quantities of other meters of the same machine.

    Attributes:
        inputs: name and meter, in the order of the names.
    """

    formula: Formula
    inputs: tuple[tuple[str, Input], ...]

    @classmethod
    def from_content(cls, content: Mapping[str, Any], unit: str) -> "ExpressionParameters":
        """Read canonical or hand-written content; the formula must give the meter's dimension.

        Raises:
            Invalid: for an input without a meter or a meter that the formula does not name.
            UnitMismatch: when the formula adds what cannot be added, or gives another dimension.
        """
        fields = Fields(content)
        formula = Formula.parse(fields.text("formula", None))
        inputs = fields.table_or_none("inputs") or {}
        fields.end()
        if set(inputs) != formula.names or len(inputs) > INPUTS_MAX:
            msg = (
                f"the formula names {', '.join(sorted(formula.names)) or 'nothing'}: expected an "
                f"input for each, and no other, at most {INPUTS_MAX}"
            )
            raise Invalid(msg)
        named = tuple((name, Input.from_content(name, inputs[name])) for name in sorted(inputs))
        formula.check({name: each.unit for name, each in named}, unit)
        return cls(formula, named)

    def to_content(self) -> dict[str, Any]:
        """Return the canonical content."""
        return {
            "formula": self.formula.text,
            "inputs": {name: each.to_content() for name, each in self.inputs},
        }


CombinedParameters = GoodCountParameters | ExpressionParameters
