"""What became of the guarantees of a list, as a table of texts; pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from lineshaft.core.quantity import unit_named
from lineshaft.services.billing.document import contract_of
from lineshaft.services.billing.rendering.words import Words, percent, percent_number, shown
from lineshaft.services.contracts.model import Direction, EnergyGuarantee, ServiceGuarantee

VALUE_DECIMALS = 3
_SIGNS = {Direction.AT_LEAST: "≥", Direction.AT_MOST: "≤"}


def guarantees(document: Mapping[str, Any], words: Words) -> dict[str, Any] | None:
    """Return title, columns and a row for each guarantee; None for a document without a list."""
    if "guarantees" not in document:
        return None
    promised = contract_of(document).terms.promised
    columns = ("guarantee_name", "guarantee_value", "target", "guarantee_result", "credit")
    return {
        "title": words.labels["guarantees"],
        "columns": [words.labels[name] for name in columns],
        "rows": [
            _row(words, each, outcome)
            for each, outcome in zip(promised, document["guarantees"], strict=True)
        ],
    }


def _row(words: Words, promised: ServiceGuarantee, outcome: Mapping[str, Any]) -> list[str]:
    value, verdict = words.labels["not_applicable"], "guarantee_not_judged"
    if outcome["value"] is not None:
        value = _value(promised, Fraction(outcome["value"]))
        verdict = "guarantee_kept" if outcome["is_met"] else "guarantee_not_kept"
    sign = _SIGNS[Direction(outcome["direction"])]
    return [
        words.text(promised.description.to_content()),
        value,
        f"{sign} {_value(promised, Fraction(outcome['target']))}",
        words.labels[verdict],
        words.say("credit_value", credit=percent_number(outcome["credit"])),
    ]


def _value(promised: ServiceGuarantee, value: Fraction) -> str:
    """Write a value of an indicator: in percent, hours, or energy for each unit of output."""
    if promised.scale != 1:
        return percent(value, VALUE_DECIMALS)
    if isinstance(promised, EnergyGuarantee):
        energy, output = (unit_named(m.unit).symbol for m in (promised.energy, promised.output))
        return f"{shown(value, VALUE_DECIMALS)} {energy}/{output}"
    return f"{shown(value, VALUE_DECIMALS)} h"
