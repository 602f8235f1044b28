"""The cheapest set of cures that reaches a goal, proven to be the cheapest.

More cures never make an outage worse, so a set that fails fails with every one of its subsets: one
cure outside it must be taken. CP-SAT gives the cheapest set that keeps all such rules found so far
(an implicit hitting set), the outage model judges it with the exact arithmetic of everything else,
and where it fails the rule that it teaches is added. The first set that holds is the cheapest.
"""

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import currency_exponent
from lineshaft.valuechain.libraries import needed
from lineshaft.valuechain.supplynetwork.disruption import DAY, Remedy, cover_of
from lineshaft.valuechain.supplynetwork.errors import CureNotFound, CureSearchTooLong
from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure, broken
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.outage import Outage, OutageModel

CURES_MAX = 200
COST_MAX = 2**53
"""Of all cures together, in the smallest unit of the currency: far within what CP-SAT adds up."""
ROUNDS_MAX = 2_000
"""Sets that are judged in one search."""


class CureKind(enum.StrEnum):
    """What is done; a redesign covers a part of the need without the item, by another one."""

    BUFFER = "buffer"
    SECOND_SOURCE = "second_source"
    REDESIGN = "redesign"


class Cure(msgspec.Struct, frozen=True):
    """Something that can be done for an item, once, before or during an outage.

    Attributes:
        quantity: more on stock at the beginning, of a buffer.
        share: of the item's need that is covered, of the other two.
        ready_days: from the beginning of the outage until then; 0 for what is ready before.
    """

    id: str
    kind: CureKind
    item: str
    cost: Decimal
    currency: str
    quantity: Fraction
    share: Fraction
    ready_days: int

    def __post_init__(self) -> None:
        """Refuse a cure without an effect, and a cost that the currency cannot pay."""
        if not (self.quantity if self.kind is CureKind.BUFFER else self.share):
            msg = "expected a quantity of a buffer, a share of a second source or a redesign"
            raise Invalid(msg)
        _ = self.minor_units

    @property
    def minor_units(self) -> int:
        """The cost in the currency's smallest unit."""
        units = self.cost.scaleb(currency_exponent(self.currency))
        if units != int(units):
            msg = f"a cost of {self.cost}: expected no smaller part than {self.currency} has"
            raise Invalid(msg)
        return int(units)


class Goal(msgspec.Struct, frozen=True):
    """What cures are to reach; a limit of None is none.

    Attributes:
        lines: that are to do all that is planned, on every day.
        lost_margin_max: at the end of any day.
        credits_max: that the outage adds, of all contracts.
    """

    lines: frozenset[str] = frozenset()
    lost_margin_max: Fraction | None = None
    credits_max: Fraction | None = None

    def is_reached(self, outage: Outage, exposures: Sequence[GuaranteeExposure]) -> bool:
        """Tell whether an outage keeps to it."""
        lines = [place for place, line in enumerate(outage.lines) if line.line in self.lines]
        if outage.states[lines].any():
            return False
        if self.lost_margin_max is not None and outage.peak_margin > self.lost_margin_max:
            return False
        if self.credits_max is None:
            return True
        return -sum(each.exact for each in broken(outage, exposures)) <= self.credits_max


def remedies(network: SupplyNetwork, chosen: Iterable[Cure]) -> dict[str, Remedy]:
    """Return what a set of cures does for each item; an item that nothing needs needs none."""
    cover: dict[str, int] = defaultdict(int)
    fills: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for cure in chosen:
        if not network.needs_per_week[cure.item]:
            continue
        if cure.kind is CureKind.BUFFER:
            cover[cure.item] += cover_of(network, cure.item, cure.quantity)
        else:
            fills[cure.item].append((cure.ready_days, int(cure.share * DAY)))
    return {
        item: Remedy(cover[item], tuple(fills.get(item, ())))
        for item in sorted(cover.keys() | fills.keys())
    }


def cheapest(
    model: OutageModel, cures: Sequence[Cure], goal: Goal, exposures: Sequence[GuaranteeExposure]
) -> list[Cure]:
    """Return the cheapest set that reaches a goal; of equally cheap ones one with the fewest.

    Raises:
        CureNotFound: when all of them together do not reach it.
        CureSearchTooLong: after `ROUNDS_MAX` sets.
        Invalid: for more than `CURES_MAX`, or a source of an item that is made.
        ExtraMissing: without the extra that has OR-Tools.
    """
    useful = _useful(model, cures)

    def holds(chosen: frozenset[int]) -> bool:
        done = remedies(model.network, (useful[place] for place in sorted(chosen)))
        return goal.is_reached(model.run(done), exposures)

    found = cheapest_set([cure.minor_units for cure in useful], holds)
    if found is None:
        msg = f"all {len(cures)} cures together do not reach what was asked for: "
        msg += "expected more of them, or a goal that allows more"
        raise CureNotFound(msg)
    return [useful[place] for place in sorted(found)]


def _useful(model: OutageModel, cures: Sequence[Cure]) -> list[Cure]:
    if len(cures) > CURES_MAX or sum(cure.minor_units for cure in cures) > COST_MAX:
        msg = f"{len(cures)} cures: expected at most {CURES_MAX}, and at most {COST_MAX} smallest "
        msg += "units of the currency together"
        raise Invalid(msg)
    for cure in cures:
        if cure.kind is not CureKind.BUFFER and cure.item not in model.network.sources:
            msg = f"cure {cure.id}: {cure.item} is made, expected a bought item for a {cure.kind}"
            raise Invalid(msg)
    return [cure for cure in cures if cure.item in model.row]


def cheapest_set(
    costs: Sequence[int], holds: Callable[[frozenset[int]], bool]
) -> frozenset[int] | None:
    """Return a cheapest set of places for which `holds`; None where all together do not.

    Args:
        costs: of each place, from 0.
        holds: never false for a set where it is true for a subset.

    Raises:
        CureSearchTooLong: after `ROUNDS_MAX` questions to CP-SAT.
        ExtraMissing: without the extra that has OR-Tools.
    """
    everything = frozenset(range(len(costs)))
    if not holds(everything):
        return None
    rules: list[list[int]] = []
    for _ in range(ROUNDS_MAX):
        chosen = _cheapest_keeping(costs, rules)
        if holds(chosen):
            return chosen
        failing = set(chosen)
        # The more fails, the fewer are left of which one must be taken: a stronger rule.
        for place in sorted(everything - chosen, key=lambda each: (costs[each], each)):
            if not holds(frozenset(failing | {place})):
                failing.add(place)
        rules.append(sorted(everything - failing))
    msg = f"no cheapest set of {len(costs)} cures was proven within {ROUNDS_MAX} rounds: "
    msg += "expected fewer cures"
    raise CureSearchTooLong(msg)


def _cheapest_keeping(costs: Sequence[int], rules: Sequence[Sequence[int]]) -> frozenset[int]:
    if not rules:
        return frozenset()
    # CP-SAT itself: the layer above it imports pandas, which takes seconds.
    cp_sat = needed("ortools.sat.python.cp_model_helper")
    model, parameters = cp_sat.CpModelProto(), cp_sat.SatParameters()
    solver: Any = cp_sat.SolveWrapper()
    model.parse_text_format(_as_text(costs, rules))
    # One worker and one seed: the same set every time.
    parameters.num_workers, parameters.random_seed = 1, 0
    solver.set_parameters(parameters)
    found = solver.solve(model)
    if found.status != cp_sat.CpSolverStatus.OPTIMAL:
        msg = f"CP-SAT ended with {found.status.name}: expected an optimum"
        raise CureSearchTooLong(msg)
    return frozenset(place for place, value in enumerate(found.solution) if value)


def _as_text(costs: Sequence[int], rules: Sequence[Sequence[int]]) -> str:
    """Write the model in the text format of CP-SAT: of each rule one is taken, at least cost."""
    variables = ["variables { domain: [0, 1] }"] * len(costs)
    kept = [f"constraints {{ bool_or {{ literals: {list(rule)} }} }}" for rule in rules]
    # A cure more costs less than the smallest unit of the currency: of equal sums the fewest.
    weights = [cost * (len(costs) + 1) + 1 for cost in costs]
    goal = f"objective {{ vars: {list(range(len(costs)))} coeffs: {weights} }}"
    return "\n".join([*variables, *kept, goal])


def cost_of(cures: Iterable[Cure]) -> Mapping[str, int]:
    """Return the cost by currency, in its smallest unit."""
    found: dict[str, int] = defaultdict(int)
    for cure in cures:
        found[cure.currency] += cure.minor_units
    return dict(found)
