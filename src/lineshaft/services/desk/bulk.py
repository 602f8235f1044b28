"""Billed periods rated from totals of whole histories: what `rate` says, without its documents.

Ten thousand lines under another tariff are ten thousand quantities and one tariff. The quantities
are added up at once (`metering.totals`), and the tariff is asked for its own pieces: up to where
each goes, and what billing's price function charges in it. What a contract has beside such prices
(guarantees, modifiers, deposits and so on), what is not covered and what is not plain goes one by
one through `rate`, and the result says how many periods did, and why. `rate` itself judges a period
of each tariff in every run: where it says anything else, there is no result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from lineshaft.core.errors import InvariantError, Refusal
from lineshaft.core.money import Money, total
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.fees import fee_lines
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract, Terms
from lineshaft.services.desk.checks import month_of
from lineshaft.services.desk.history import Case
from lineshaft.services.desk.model import Cell
from lineshaft.services.desk.ports import Progress, UsageSource
from lineshaft.services.desk.repricing import cells_of, joined_root, shares
from lineshaft.services.desk.tariff import Tariff, obstacle, tariff_of
from lineshaft.services.metering.model import Meter, UsageRecord
from lineshaft.services.metering.service import Total

REFUSED = "its terms refuse the quantity that was added up"
JUDGED_MAX = 64
"""Tariffs of which `rate` judges a period in each run."""
SAID_EACH = 500
"""Periods after which it is said how far the rating is."""

_Line = tuple[Money, dict[str, Fraction]]
"""The amount of a line, and by what it is divided: nothing at all for equal parts."""


class InBulk(msgspec.Struct, frozen=True):
    """What of a variant was rated from totals, by the places of its cases.

    Attributes:
        cells: of each period that was.
        reasons: of each that has to be rated by itself, why.
    """

    cells: dict[int, list[Cell]] = msgspec.field(default_factory=dict)
    reasons: dict[int, str] = msgspec.field(default_factory=dict)

    @property
    def counted(self) -> dict[str, int]:
        """How many periods have to be rated by themselves, by reason."""
        return dict(sorted(Counter(self.reasons.values()).items()))


class _Plan(msgspec.Struct):
    """What one contract needs: the tariff of each price, and each machine's meter of it.

    Attributes:
        totals: of each price by machine and time; filled when they are known.
    """

    contract: Contract
    tariffs: tuple[Tariff, ...]
    meters: list[dict[str, Meter]]
    totals: list[dict[str, dict[Period, Total | str]]] = msgspec.field(default_factory=list)


class BulkRating:
    """Rates the cases of a study from totals."""

    def __init__(
        self, actor: Actor, source: UsageSource, known_at: Instant, engine: Engine
    ) -> None:
        """Take who asks, who adds up, what was known when, and what judges."""
        self._actor, self._source, self._known_at, self._engine = actor, source, known_at, engine
        self._tariffs: dict[int, tuple[Terms, tuple[Tariff, ...]]] = {}
        self._months: dict[tuple[Instant, str], str] = {}
        self._nothing: dict[str, Money] = {}
        self._meters: dict[Meter, Meter] = {}
        self._totals: dict[int, dict[Period, Total | str]] = {}

    def rated(self, variants: Sequence[Sequence[Case]], on_progress: Progress) -> list[InBulk]:
        """Rate what can be rated from totals; the files are read once for all variants.

        Raises:
            InvariantError: when `rate` says anything else of a period that it judges.
        """
        found = [InBulk() for _ in variants]
        plans = [self._plans(cases, each) for cases, each in zip(variants, found, strict=True)]
        self._add_up(plans, variants, on_progress)
        for cases, mine, into in zip(variants, plans, found, strict=True):
            self._rate(cases, mine, into, on_progress)
        return found

    def _plans(self, cases: Sequence[Case], into: InBulk) -> dict[int, _Plan]:
        """Return by place of a case what its contract needs, where it can be rated so."""
        made: dict[int, _Plan | str] = {}
        plans: dict[int, _Plan] = {}
        for place, (contract, _) in enumerate(cases):
            if id(contract) not in made:
                made[id(contract)] = self._plan(contract)
            plan = made[id(contract)]
            if isinstance(plan, str):
                into.reasons[place] = plan
            else:
                plans[place] = plan
        return plans

    def _plan(self, contract: Contract) -> _Plan | str:
        terms = contract.terms
        reason = obstacle(terms)
        if reason is not None:
            return reason
        if id(terms) not in self._tariffs:
            self._tariffs[id(terms)] = terms, tuple(map(tariff_of, terms.usage_prices))
        meters = [
            {machine: self._same(meter.on(machine)) for machine in contract.machines}
            if meter is not None
            else {}
            for meter in (price.meter for price in terms.usage_prices)
        ]
        return _Plan(contract, self._tariffs[id(terms)][1], meters)

    def _same(self, meter: Meter) -> Meter:
        """Return one object for all meters that are equal.

        It is found by its identity then: to hash all of it each time takes longer than to rate.
        """
        return self._meters.setdefault(meter, meter)

    def _add_up(
        self,
        plans: Sequence[Mapping[int, _Plan]],
        variants: Sequence[Sequence[Case]],
        on_progress: Progress,
    ) -> None:
        asked: dict[int, tuple[Meter, dict[Period, None]]] = {}
        for mine, cases in zip(plans, variants, strict=True):
            for place, plan in mine.items():
                for machine, span in plan.contract.slots(cases[place][1]):
                    for meters in plan.meters:
                        if meters:
                            meter = meters[machine]
                            asked.setdefault(id(meter), (meter, {}))[1][span] = None
        listed = [(meter, tuple(spans)) for meter, spans in asked.values()]
        answers = (
            self._source.totals(self._actor, listed, self._known_at, on_progress) if listed else []
        )
        for (meter, spans), found in zip(listed, answers, strict=True):
            said = (each if isinstance(each, Total) else str(each) for each in found)
            self._totals[id(meter)] = dict(zip(spans, said, strict=True))
        for plan in {id(plan): plan for mine in plans for plan in mine.values()}.values():
            plan.totals = [
                {machine: self._totals.get(id(meter), {}) for machine, meter in meters.items()}
                for meters in plan.meters
            ]

    def _rate(
        self,
        cases: Sequence[Case],
        plans: Mapping[int, _Plan],
        into: InBulk,
        on_progress: Progress,
    ) -> None:
        judged: set[int] = set()
        for count, (place, plan) in enumerate(plans.items(), 1):
            period = cases[place][1]
            try:
                cells = self._cells(plan, period)
            except Refusal:
                cells = REFUSED
            if isinstance(cells, str):
                into.reasons[place] = cells
                continue
            terms = id(plan.contract.terms)
            if terms not in judged and len(judged) < JUDGED_MAX:
                judged.add(terms)
                self._judge(plan, period, cells)
            into.cells[place] = cells
            if not count % SAID_EACH:
                on_progress("rating in bulk", count, len(plans))

    def _cells(self, plan: _Plan, period: Period) -> list[Cell] | str:
        """Rate a period from totals; a text says why that cannot be."""
        contract = plan.contract
        slots = contract.slots(period)
        found: list[list[tuple[str, Total]]] = []
        for totals in plan.totals:
            mine: list[tuple[str, Total]] = []
            for machine, span in slots if totals else ():
                answer = totals[machine][span]
                if isinstance(answer, str):
                    return answer
                mine.append((machine, answer))
            found.append(mine)
        lines: list[_Line] = [(line.amount, {}) for line in fee_lines(contract, period, None)]
        for tariff, mine in zip(plan.tariffs, found, strict=True):
            lines.append(_line(tariff, mine, contract.currency))
        return self._divided(contract, period, lines, found)

    def _divided(
        self,
        contract: Contract,
        period: Period,
        lines: Sequence[_Line],
        found: Sequence[Sequence[tuple[str, Total]]],
    ) -> list[Cell]:
        """Divide lines by machine, as `cells_of` does."""
        if len(contract.machines) == 1:
            amounts = [amount for amount, _ in lines]
            roots = [each.evidence_root for one in found for _, each in one]
            return [self._cell(contract, period, (contract.machines[0], amounts), roots)]
        revenue: dict[str, list[Money]] = {machine: [] for machine in contract.machines}
        for amount, weights in lines:
            for machine, part in shares(amount, contract.machines, weights).items():
                revenue[machine].append(part)
        return [
            self._cell(
                contract,
                period,
                (machine, mine),
                [each.evidence_root for one in found for name, each in one if name == machine],
            )
            for machine, mine in revenue.items()
        ]

    def _cell(
        self,
        contract: Contract,
        period: Period,
        earned: tuple[str, Sequence[Money]],
        roots: Sequence[str],
    ) -> Cell:
        (machine, mine), currency = earned, contract.currency
        if currency not in self._nothing:
            self._nothing[currency] = Money.zero(currency)
        return Cell(
            contract=contract.id,
            offering=contract.offering.id,
            machine=machine,
            period=period,
            month=self._month(period.start, contract.time_zone),
            revenue=mine[0] if len(mine) == 1 else total(mine, currency),
            credits=self._nothing[currency],
            is_complete=True,
            evidence_root=joined_root(roots),
        )

    def _month(self, start: Instant, zone: str) -> str:
        if (start, zone) not in self._months:
            self._months[start, zone] = month_of(start, zone)
        return self._months[start, zone]

    def _judge(self, plan: _Plan, period: Period, cells: Sequence[Cell]) -> None:
        """Let `rate` rate a period from the same quantities: it must say the same."""
        contract = plan.contract
        usage = []
        for meter, span in contract.measurements(period):
            answer = self._totals[id(self._meters[meter])][span]
            if isinstance(answer, str):
                msg = f"contract {contract.id}, {period}: rated without the usage of {meter.id}"
                raise InvariantError(msg)
            usage.append(
                UsageRecord(
                    meter=meter,
                    period=span,
                    known_at=self._known_at,
                    quantity=Quantity(answer.amount, meter.unit),
                    covered_us=span.duration_us,
                    evidence_root=answer.evidence_root,
                )
            )
        rated = rate(contract, period, self._known_at, usage, self._engine)
        if cells_of(rated) != list(cells):
            msg = f"contract {contract.id}, {period}: rated in bulk it is not what `rate` says"
            raise InvariantError(msg)


def _line(tariff: Tariff, found: Sequence[tuple[str, Total]], currency: str) -> _Line:
    """Return the amount of a line, rounded once, and by what it is divided."""
    if len(found) == 1:
        ((machine, used),) = found
        return Money.rounded(tariff.amount(used.amount), currency), {machine: used.amount}
    weights: dict[str, Fraction] = {}
    for machine, each in found:
        weights[machine] = weights.get(machine, Fraction(0)) + each.amount
    quantity = sum(weights.values(), Fraction(0))
    return Money.rounded(tariff.amount(quantity), currency), weights
