"""Use cases of the supply network: the register and its changes, outages, scenarios.

They read files of the caller and write nothing, so they ask nobody for leave: who can read the
files may know what is in them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid, NotFound
from lineshaft.core.quantity import parse_exact
from lineshaft.valuechain.indicator import Figure, Indicator
from lineshaft.valuechain.supplynetwork.cures import Cure, Goal, cheapest, remedies
from lineshaft.valuechain.supplynetwork.disruption import Shock, ShockKind
from lineshaft.valuechain.supplynetwork.firms import SystemicRisk, systemic
from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure, Promises, broken
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.outage import OutageModel
from lineshaft.valuechain.supplynetwork.picture import picture
from lineshaft.valuechain.supplynetwork.ports import GuaranteeExposures
from lineshaft.valuechain.supplynetwork.reading import read_beside, read_firms, read_network
from lineshaft.valuechain.supplynetwork.register import (
    MARGIN_AT_RISK,
    STOCK_COVER,
    Change,
    Dependency,
    change_content,
    changes,
    dependency_content,
    single_sources,
)
from lineshaft.valuechain.supplynetwork.scenario import (
    Answer,
    Question,
    check_inputs,
    read,
    write,
)
from lineshaft.valuechain.supplynetwork.schema import CURES, GUARANTEES
from lineshaft.valuechain.tables.service import Shown, no_progress


class Register(msgspec.Struct, frozen=True):
    """The single sources of a network, and what changed since an older one.

    Attributes:
        changes: None where there was no older one.
    """

    network: SupplyNetwork
    dependencies: list[Dependency]
    changes: list[Change] | None = None

    def margin_figure(self, dependency: Dependency) -> Figure:
        """Return a margin at risk with what a reader needs to judge it."""
        return self._figure(MARGIN_AT_RISK, dependency.margin_per_week, "lines, bill_of_material")

    def cover_figure(self, dependency: Dependency) -> Figure:
        """Return a stock cover with what a reader needs to judge it."""
        return self._figure(STOCK_COVER, dependency.cover_days, "stock, lines, bill_of_material")

    @property
    def coverage(self) -> Fraction:
        """The part of the needed bought items whose stock is known."""
        needed = [item for item in self.network.sources if self.network.needs_per_week[item]]
        known = sum(item in self.network.stock_of for item in needed)
        return Fraction(known, len(needed)) if needed else Fraction(1)

    def _figure(self, indicator: Indicator, value: Fraction | None, table: str) -> Figure:
        return Figure(
            indicator=replace(indicator, unit=indicator.unit or self.network.currency),
            value=value,
            table=table,
            vintage=f"as of {self.network.as_of or 'an unknown day'}",
            coverage=self.coverage,
            missing="" if value is not None else "the item is not in the table stock",
        )


def register(source: Path, before: Path | None = None, show: Shown = no_progress) -> Register:
    """Read a network, and rank what depends on one supplier; compare it with an older one.

    Raises:
        TablesInvalid: for files that make no network.
    """
    network = read_network(source, show)
    found = single_sources(network)
    if before is None:
        return Register(network, found)
    return Register(network, found, changes(single_sources(read_network(before, show)), found))


class FileExposures(msgspec.Struct, frozen=True):
    """The guarantees of the table `guarantees` beside a network, which hold on every day."""

    source: Path

    def of_network(self, network: SupplyNetwork, _day: dt.date) -> Promises:
        """Read the table; none where there is no such table.

        Raises:
            TablesInvalid: as `read_beside`.
        """
        return Promises(*read_beside(self.source, GUARANTEES, network))


def question_of(
    what: tuple[str, Sequence[str]],
    when: tuple[str, int, int],
    goal: tuple[Sequence[str], str | None, str | None],
) -> Question:
    """Read a question as people ask it.

    Args:
        what: kind and targets.
        when: first day, days of the outage, days that are looked at.
        goal: lines to keep running, most margin lost, most credits; nothing of it is no goal.

    Raises:
        Invalid: for a kind, a day or an amount that cannot be read.
    """
    kind, targets = what
    start, days, horizon_days = when
    lines, lost_margin_max, credits_max = goal
    if kind not in list(ShockKind):
        msg = f"cannot let a {kind!r} fail: expected one of {', '.join(ShockKind)}"
        raise Invalid(msg)
    try:
        start_on = dt.date.fromisoformat(start)
    except ValueError as error:
        msg = f"cannot read {start!r} as a day: expected such as 2026-03-01"
        raise Invalid(msg) from error
    limits = [
        None if text is None else parse_exact(text) for text in (lost_margin_max, credits_max)
    ]
    has_goal = bool(lines) or any(limit is not None for limit in limits)
    wanted = Goal(frozenset(lines), *limits) if has_goal else None
    return Question(Shock(ShockKind(kind), tuple(targets), start_on, days), horizon_days, wanted)


class WhatIf(msgspec.Struct, frozen=True):
    """An answer and its scenario, as a file holds it."""

    question: Question
    answer: Answer
    scenario: bytes


def what_if(
    source: Path,
    question: Question,
    exposures: GuaranteeExposures | None = None,
    show: Shown = no_progress,
) -> WhatIf:
    """Compute an outage on a network, what it costs, and the cheapest cures for a goal.

    Args:
        source: a folder or a workbook with the network, its cures and its guarantees.
        question: what fails, and what is to be reached.
        exposures: guarantees from elsewhere; without it those of the table.
        show: told what is read.

    Raises:
        TablesInvalid: for files that make no network.
        TargetUnknown: for a target that the network does not have.
        NotFound: for a line of the goal that it does not have.
        CureNotFound: when no set of cures reaches the goal.
    """
    network = read_network(source, show)
    promises = (exposures or FileExposures(source)).of_network(network, question.shock.start_on)
    return answered(network, question, promises, read_beside(source, CURES, network))


def answered(
    network: SupplyNetwork,
    question: Question,
    promises: Promises,
    cures: tuple[Sequence[Cure], Mapping[str, str]],
) -> WhatIf:
    """Compute an outage on a network that has been read, as `what_if`.

    Args:
        network: what it strikes.
        question: what fails, and what is to be reached.
        promises: the guarantees that it can break.
        cures: what can be done, and the hash of the file that says so by its name.

    Raises:
        TargetUnknown: for a target that the network does not have.
        NotFound: for a line of the goal that it does not have.
        CureNotFound: when no set of cures reaches the goal.
    """
    goal = question.goal
    unknown = sorted((goal.lines if goal else set()) - {each.line for each in network.lines})
    if unknown:
        msg = f"no line {unknown[0]!r}: expected one of the table lines"
        raise NotFound(msg)
    model = OutageModel(network, question.shock, question.horizon_days)
    answer = _answer(model, goal, cures[0], promises.exposures)
    inputs = {**network.inputs, **promises.inputs, **cures[1]}
    return WhatIf(question, answer, write(question, inputs, answer, promises))


def _answer(
    model: OutageModel,
    goal: Goal | None,
    cures: Sequence[Cure],
    promised: Sequence[GuaranteeExposure],
) -> Answer:
    outage = model.run()
    costs = broken(outage, promised)
    if goal is None:
        return Answer(outage, costs)
    chosen = cheapest(model, cures, goal, promised)
    cured = model.run(remedies(model.network, chosen))
    return Answer(outage, costs, chosen, cured, broken(cured, promised))


def again(source: Path, scenario: bytes, exposures: GuaranteeExposures | None = None) -> WhatIf:
    """Ask the question of a scenario again, of the same files: the same bytes come out.

    Raises:
        InputsChanged: when a file is not what it was.
    """
    question, then = read(scenario)
    found = what_if(source, question, exposures)
    check_inputs(then, read(found.scenario)[1])
    return found


def systemic_risk_of(source: Path, threads: int = 1, show: Shown = no_progress) -> SystemicRisk:
    """Read a network of firms, and compute how much of all output each of them endangers.

    Raises:
        TablesInvalid: for files that make no network.
        TooThin: where too few firms or too few of their purchases are known.
        ExtraMissing: without the extra that has numba.
    """
    return systemic(read_firms(source, show), source.name, threads)


def picture_of(source: Path, show: Shown = no_progress) -> dict[str, Any]:
    """Read a network, and return its picture and its map as JSON content.

    Raises:
        TablesInvalid: for files that make no network.
    """
    return picture(read_network(source, show))


__all__ = [
    "FileExposures",
    "Register",
    "WhatIf",
    "again",
    "answered",
    "change_content",
    "dependency_content",
    "picture_of",
    "question_of",
    "register",
    "systemic_risk_of",
    "what_if",
]
