"""One run of a study: measure what is not kept, rate every period, simulate every guarantee."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Refusal
from lineshaft.core.money import Money, total
from lineshaft.core.period import Period
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor
from lineshaft.services.billing.model import NO_FACTS, Engine, Facts, LineKind, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import (
    AvailabilityGuarantee,
    Contract,
    MeterTerms,
    TimeClass,
)
from lineshaft.services.desk.bulk import BulkRating, InBulk
from lineshaft.services.desk.errors import TooMuchAtOnce
from lineshaft.services.desk.failures import (
    FailureHistory,
    down_by_incident,
    failure_history,
    time_line,
)
from lineshaft.services.desk.history import Case
from lineshaft.services.desk.measuring import Measured, Measurer, Wanted
from lineshaft.services.desk.model import (
    Cell,
    NoRisk,
    Outcome,
    ProfitEntry,
    Risk,
    Study,
    Unknowable,
    Unrated,
    Variant,
)
from lineshaft.services.desk.ports import AgreedFacts, Progress
from lineshaft.services.desk.repricing import cells_of, under
from lineshaft.services.desk.simulation import Stakes, risk
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident

CASES_MAX = 200_000
"""Billed periods of one study, over all variants."""


class Stage(msgspec.Struct, frozen=True):
    """What a study is run on.

    Attributes:
        cases: billed periods, with the contract that is in force.
        costs: recorded, of the months of the study.
    """

    study: Study
    cases: Sequence[Case]
    costs: Sequence[ProfitEntry]
    engine: Engine
    facts: AgreedFacts | None


class Rehearsal:
    """Runs one study once."""

    def __init__(
        self, actor: Actor, stage: Stage, measurer: Measurer, on_progress: Progress
    ) -> None:
        """Take what is rated; nothing is read before `outcomes`."""
        self._actor = actor
        self._stage = stage
        self._study = stage.study
        self._measurer = measurer
        self._on_progress = on_progress
        self._known: dict[str, Facts] = {}

    def outcomes(self) -> list[Outcome]:
        """Rate every case under every variant.

        Raises:
            TooMuchAtOnce: beyond `CASES_MAX` billed periods.
        """
        count = len(self._stage.cases) * len(self._study.variants)
        if count > CASES_MAX:
            msg = f"a study of {count} billed periods: at most {CASES_MAX}, choose fewer"
            raise TooMuchAtOnce(msg)
        cast = [_cast(variant, self._stage.cases) for variant in self._study.variants]
        known_at, engine = self._study.known_at, self._stage.engine
        bulk = BulkRating(self._actor, self._measurer.metering, known_at, engine)
        in_bulk = bulk.rated([played for played, _ in cast], self._on_progress)
        wanted = [
            each
            for (played, _), done in zip(cast, in_bulk, strict=True)
            for place in sorted(done.reasons)
            for each in _wanted(played[place])
        ]
        measured = self._measurer.measure(self._actor, wanted, known_at, self._on_progress)
        return [
            self._outcome(variant, played, list(unrated), (done, measured))
            for variant, (played, unrated), done in zip(
                self._study.variants, cast, in_bulk, strict=True
            )
        ]

    def _outcome(
        self,
        variant: Variant,
        cases: Sequence[Case],
        unrated: list[Unrated],
        found: tuple[InBulk, Measured],
    ) -> Outcome:
        """Put together what was rated in bulk and what is rated one by one, in one order."""
        done, measured = found
        rated: list[RatedDocument] = []
        cells: list[Cell] = []
        for place, case in enumerate(cases):
            known = done.cells.get(place)
            if known is None:
                known = self._rated(case, measured, rated, unrated)
                self._on_progress(f"rating {variant.label}", place + 1, len(cases))
            cells += (cell for cell in known if self._is_chosen(cell.machine))
        self._on_progress(f"rating {variant.label}", len(cases), len(cases))
        plain = {cases[place][0].id for place in done.cells}
        return Outcome(
            variant=variant,
            cells=tuple(cells),
            unrated=tuple(unrated),
            risks=tuple(self._risks(rated, plain, measured)),
            costs=self._costs(),
            in_bulk=len(done.cells),
            one_by_one=done.counted,
        )

    def _rated(
        self, case: Case, measured: Measured, rated: list[RatedDocument], unrated: list[Unrated]
    ) -> list[Cell]:
        """Rate a period by itself; what cannot be rated is noted with the reason."""
        contract, period = case
        try:
            usage = measured.of(contract.measurements(period))
            facts = self._facts(contract)
            known_at, engine = self._study.known_at, self._stage.engine
            rated.append(rate(contract, period, known_at, usage, engine, facts))
        except KeyError as error:
            unrated.append(Unrated(contract.id, period, str(error.args[0])))
        except Refusal as error:
            unrated.append(Unrated(contract.id, period, str(error)))
        else:
            return cells_of(rated[-1])
        return []

    def _is_chosen(self, machine: str) -> bool:
        return not self._study.machines or machine in self._study.machines

    def _costs(self) -> dict[tuple[str, str, str], Money]:
        found: dict[tuple[str, str, str], list[Money]] = defaultdict(list)
        for entry in self._stage.costs:
            if entry.machine and self._is_chosen(entry.machine):
                currency = entry.amount.currency
                found[entry.machine, entry.month, currency].append(-entry.amount)
        return {key: total(amounts, key[2]) for key, amounts in found.items()}

    def _facts(self, contract: Contract) -> Facts:
        """Return what was agreed on; only a list of guarantees follows from it."""
        if not contract.terms.promised:
            return NO_FACTS
        incidents: list[ServiceIncident] = []
        exclusions: list[AgreedExclusion] = []
        for machine in contract.machines:
            agreed = self._agreed(machine)
            incidents += agreed.incidents
            exclusions += agreed.exclusions
        return Facts(tuple(incidents), tuple(exclusions))

    def _agreed(self, machine: str) -> Facts:
        source, known_at = self._stage.facts, self._study.known_at
        if source is None:
            return NO_FACTS
        if machine not in self._known:
            self._known[machine] = Facts(
                tuple(source.agreed_incidents(SYSTEM_WORKER, machine, known_at)),
                tuple(source.agreed_exclusions(SYSTEM_WORKER, machine, known_at)),
            )
        return self._known[machine]

    def _risks(
        self, rated: Sequence[RatedDocument], plain: AbstractSet[str], measured: Measured
    ) -> Iterator[Risk | NoRisk]:
        """Simulate the guarantees of contracts; `plain` are those of which some period had none."""
        by_contract: dict[str, list[RatedDocument]] = defaultdict(list)
        for each in rated:
            by_contract[each.contract.id].append(each)
        for count, id_ in enumerate(sorted(by_contract.keys() | plain), 1):
            if id_ in by_contract:
                yield self._risk(by_contract[id_], measured)
                self._on_progress("simulating", count, len(by_contract))
            else:
                yield NoRisk(id_, Unknowable.NO_GUARANTEE)

    def _risk(self, rated: Sequence[RatedDocument], measured: Measured) -> Risk | NoRisk:
        last = rated[-1]
        contract = last.contract
        watched = _watched(contract)
        if watched is None:
            return NoRisk(contract.id, Unknowable.NO_GUARANTEE)
        histories = [
            self._history(machine, watched, [each.period for each in rated], measured)
            for machine in contract.machines
        ]
        return risk(contract, histories, self._stakes(rated), self._study.seed)

    def _stakes(self, rated: Sequence[RatedDocument]) -> Stakes:
        last = rated[-1]
        id_, currency = last.contract.id, last.contract.currency
        earned = [
            line.amount
            for each in rated
            for line in each.lines
            if line.kind is not LineKind.SERVICE_CREDIT and line.amount.currency == currency
        ]
        spent = [
            -each.amount
            for each in self._stage.costs
            if each.contract == id_ and each.amount.currency == currency
        ]
        fees = [line.exact for line in last.lines if line.kind is LineKind.BASE_FEE]
        return Stakes(
            period=last.period,
            fee=sum(fees, Fraction(0)),
            revenue=_mean(earned, currency, len(rated)),
            costs=_mean(spent, currency, len(rated)),
        )

    def _history(
        self,
        machine: str,
        watched: tuple[MeterTerms, Mapping[str, TimeClass]],
        periods: Sequence[Period],
        measured: Measured,
    ) -> FailureHistory:
        meter, classes = watched
        records = measured.known_of([(meter.on(machine), period) for period in periods])
        downs, ignored = time_line(records, classes)
        incidents = self._agreed(machine).incidents
        downs += down_by_incident(incidents, self._study.known_at)
        return failure_history(machine, [each.period for each in records], downs, ignored)


def _cast(variant: Variant, cases: Sequence[Case]) -> tuple[list[Case], list[Unrated]]:
    """Put every contract under a variant; each version of a contract once."""
    made: dict[tuple[str, int], Contract] = {}
    played: list[Case] = []
    unrated: list[Unrated] = []
    for contract, period in cases:
        key = contract.id, contract.version
        try:
            if key not in made:
                made[key] = under(contract, variant)
        except Refusal as error:
            unrated.append(Unrated(contract.id, period, str(error)))
            continue
        played.append((made[key], period))
    return played, unrated


def _wanted(case: Case) -> list[Wanted]:
    """Return what has to be measured to rate a case, and to know when its machines failed."""
    contract, period = case
    wanted = list(contract.measurements(period))
    watched = _watched(contract)
    if watched is not None:
        wanted += [(watched[0].on(machine), period) for machine in contract.machines]
    return wanted


def _watched(contract: Contract) -> tuple[MeterTerms, Mapping[str, TimeClass]] | None:
    """Return the meter of states that tells when a machine was down, so that it keeps its spans."""
    terms = contract.terms
    found = terms.guarantee
    if found is not None:
        return _keeping_spans(found.meter), found.classes
    for promised in terms.promised:
        if isinstance(promised, AvailabilityGuarantee):
            return _keeping_spans(promised.meter), promised.classes
    return None


def _keeping_spans(meter: MeterTerms) -> MeterTerms:
    kept = {name: value for name, value in meter.parameters.items() if name != "hours"}
    return msgspec.structs.replace(meter, parameters=kept | {"keeps_spans": True})


def _mean(amounts: Sequence[Money], currency: str, count: int) -> Money:
    whole = total(amounts, currency).as_fraction()
    return Money.rounded(whole / count, currency)
