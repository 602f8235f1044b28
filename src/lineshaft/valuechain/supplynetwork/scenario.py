"""An outage as a file: the question, the hashes of what it was asked of, the answer. Pure.

Canonical JSON, so that the same question to the same files gives the same bytes.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money, currency_exponent, round_half_away
from lineshaft.core.quantity import parse_fraction
from lineshaft.valuechain.supplynetwork.cures import Cure, Goal, cost_of
from lineshaft.valuechain.supplynetwork.disruption import Shock, ShockKind
from lineshaft.valuechain.supplynetwork.errors import InputsChanged
from lineshaft.valuechain.supplynetwork.guarantees import BrokenGuarantee, Promises
from lineshaft.valuechain.supplynetwork.outage import Outage

FORMAT = "lineshaft-outage-scenario/1"
SCENARIO_BYTES_MAX = 64 * 1024 * 1024


class Question(msgspec.Struct, frozen=True):
    """What is asked: an outage, the days that are looked at, and what cures are to reach."""

    shock: Shock
    horizon_days: int
    goal: Goal | None = None

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        shock, goal = self.shock, self.goal
        return {
            "kind": str(shock.kind),
            "targets": list(shock.targets),
            "start_on": shock.start_on.isoformat(),
            "days": shock.days,
            "horizon_days": self.horizon_days,
            "goal": None
            if goal is None
            else {
                "lines": sorted(goal.lines),
                "lost_margin_max": _text(goal.lost_margin_max),
                "credits_max": _text(goal.credits_max),
            },
        }

    @classmethod
    def from_content(cls, content: Any) -> "Question":
        """Read what `to_content` writes.

        Raises:
            Invalid: for anything else.
        """
        try:
            goal = content["goal"]
            shock = Shock(
                ShockKind(content["kind"]),
                tuple(str(target) for target in content["targets"]),
                dt.date.fromisoformat(content["start_on"]),
                int(content["days"]),
            )
            wanted = None
            if goal is not None:
                limits = (_limit(goal["lost_margin_max"]), _limit(goal["credits_max"]))
                wanted = Goal(frozenset(map(str, goal["lines"])), *limits)
            return cls(shock, int(content["horizon_days"]), wanted)
        except (KeyError, TypeError, ValueError) as error:
            msg = f"cannot read the question of a scenario: {error!r}; expected that of {FORMAT}"
            raise Invalid(msg) from error


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _limit(text: str | None) -> Fraction | None:
    return None if text is None else parse_fraction(text)


class Answer(msgspec.Struct, frozen=True):
    """What an outage does, and what the chosen cures leave of it.

    Attributes:
        cures: None where no goal was asked for.
        cured: the same outage under the cures.
    """

    outage: Outage
    broken: Sequence[BrokenGuarantee]
    cures: Sequence[Cure] | None = None
    cured: Outage | None = None
    cured_broken: Sequence[BrokenGuarantee] = ()

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content; amounts are exact, and rounded once for people."""
        content = _effects(self.outage, self.broken)
        content["days"] = self.outage.days_content()
        content["without_source"] = _without_source(self.outage)
        if self.cures is not None and self.cured is not None:
            content["cures"] = [cure.id for cure in self.cures]
            content["cost"] = {
                code: f"{round_half_away(Fraction(units), 0).scaleb(-currency_exponent(code)):f}"
                for code, units in cost_of(self.cures).items()
            }
            content["cured"] = _effects(self.cured, self.cured_broken)
        return content


def _effects(outage: Outage, broken: Sequence[BrokenGuarantee]) -> dict[str, Any]:
    currency = outage.model.network.currency
    return {
        "currency": currency,
        "lines": [
            {
                "line": line.line,
                "stopped_days": len(outage.stopped_days(place)),
                "first_stopped_day": min(outage.stopped_days(place), default=None),
                "lost_margin": str(outage.lost_of(place)),
            }
            for place, line in enumerate(outage.lines)
            if outage.states[place].any() or outage.lost[place].any()
        ],
        "late_orders": [
            {
                "order": each.order,
                "customer": each.customer,
                "due_on": each.due_on.isoformat(),
                "delivered_on": each.delivered_on.isoformat() if each.delivered_on else None,
                "late_days": each.late_days,
            }
            for each in outage.late_orders
        ],
        "guarantees": [
            {
                "contract": each.contract,
                "guarantee": each.guarantee,
                "item": each.item,
                "month": each.month,
                "value": str(each.value),
                "target": str(each.target),
                "credit": str(each.credit),
                "amount": str(each.amount.amount),
            }
            for each in broken
        ],
        "lost_margin": str(outage.lost_margin[-1]),
        "lost_margin_rounded": str(Money.rounded(outage.lost_margin[-1], currency).amount),
        "lost_margin_peak": str(outage.peak_margin),
        "credits": str(sum((each.amount for each in broken[1:]), broken[0].amount).amount)
        if broken
        else str(Money.zero(currency).amount),
    }


def _without_source(outage: Outage) -> list[str]:
    """Return what is needed but neither bought nor made: it is taken for always there."""
    network = outage.model.network
    return sorted(
        item
        for item, need in network.needs_per_week.items()
        if need and item not in network.sources and item not in network.made_of
    )


def write(
    question: Question, inputs: Mapping[str, str], answer: Answer, promises: Promises
) -> bytes:
    """Return a scenario as its file holds it, with the guarantees that contracts gave."""
    content = {
        "format": FORMAT,
        "question": question.to_content(),
        "inputs": [list(each) for each in sorted(inputs.items())],
        "answer": answer.to_content(),
    }
    if promises.contracts or promises.left_out:
        content["promises"] = promises.to_content()
    return canonical.encode(content)


def read(data: bytes) -> tuple[Question, dict[str, str]]:
    """Return the question of a scenario and the hashes of its inputs.

    Raises:
        Invalid: for a file that is none, or too large.
    """
    if len(data) > SCENARIO_BYTES_MAX:
        msg = f"a scenario of {len(data)} bytes: expected at most {SCENARIO_BYTES_MAX}"
        raise Invalid(msg)
    content = canonical.decode(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        msg = f"not a scenario: expected the format {FORMAT}"
        raise Invalid(msg)
    try:
        inputs = {str(name): str(digest) for name, digest in content["inputs"]}
        question = Question.from_content(content["question"])
    except (KeyError, TypeError, ValueError) as error:
        msg = f"cannot read a scenario: {error!r}; expected question and inputs"
        raise Invalid(msg) from error
    return question, inputs


def changed_inputs(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of inputs that are not what they were, in order."""
    return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))


def check_inputs(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Pass inputs that are what they were.

    Raises:
        InputsChanged: naming the files that are not.
    """
    changed = changed_inputs(then, now)
    if changed:
        msg = f"the scenario was computed from other files: {', '.join(changed)}; "
        msg += "expected them as they were, or ask anew"
        raise InputsChanged(msg)
