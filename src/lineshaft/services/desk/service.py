"""Use cases of the design desk: studies of history, recorded costs, accounts of profit."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from lineshaft.core import canonical
from lineshaft.core.clock import Clock
from lineshaft.core.errors import Invalid
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.billing.model import DOCUMENTS_PAGE_MAX, DocumentQuery, Engine
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.errors import OfferingNotFound
from lineshaft.services.contracts.model import Contract, Offering
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.content import (
    entry_content,
    figures_content,
    outcomes_content,
    profit_content,
)
from lineshaft.services.desk.cost_file import (
    costs_csv,
    entries_csv,
    profit_csv,
    read_costs,
    study_csv,
)
from lineshaft.services.desk.errors import (
    CostsWrong,
    StudyNotFound,
    StudyVersionTaken,
    TooMuchAtOnce,
)
from lineshaft.services.desk.history import ContractHistory, binding_of, cases_of
from lineshaft.services.desk.measuring import Measurer
from lineshaft.services.desk.model import (
    VERSIONS_MAX,
    CostRecord,
    GroupBy,
    Months,
    Outcome,
    ProfitEntry,
    ProfitRow,
    SavedStudy,
    Study,
)
from lineshaft.services.desk.ports import (
    AgreedFacts,
    DeskStore,
    Progress,
    UsageSource,
    no_progress,
)
from lineshaft.services.desk.profit import entries_of_cost, entries_of_document, rows
from lineshaft.services.desk.rehearsal import Rehearsal, Stage
from lineshaft.services.desk.repricing import (
    by_machine,
    by_machine_and_month,
    by_month,
    compare,
    currencies,
)

__all__ = [
    "DesignDesk",
    "DeskParts",
    "by_machine",
    "by_machine_and_month",
    "by_month",
    "compare",
    "costs_csv",
    "currencies",
    "entries_csv",
    "entry_content",
    "figures_content",
    "outcomes_content",
    "profit_content",
    "profit_csv",
    "study_csv",
]

COSTS_PAGE = 1_000
COSTS_MAX = 1_000_000
"""Recorded costs of one account of profit."""
DOCUMENTS_MAX = 20_000
"""Issued documents of one account of profit."""
_LEDGER = Resource("ledger", "*")
_COSTS = Resource("cost", "*")


class DeskParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of the design desk take.

    Attributes:
        engine: what history is rated with.
        facts: incidents and exclusions; None where there are none.
    """

    database: Database
    store: DeskStore
    contracts: Contracts
    billing: Billing
    metering: UsageSource
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    engine: Engine
    facts: AgreedFacts | None = None


class DesignDesk:
    """Rates history under other tariffs, tells what guarantees may cost, and what was earned."""

    def __init__(self, parts: DeskParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store
        self._measurer = Measurer(parts.database, parts.store, parts.metering)

    def known_now(self, actor: Actor) -> Instant:
        """Return the instant of knowledge for a new study: what is known then stays known."""
        self._authorize(actor, Action.STUDY_READ, "*")
        return self._parts.metering.settle(self._parts.clock.now())

    def save(self, actor: Actor, study: Study) -> SavedStudy:
        """Save a version of a study; the same again changes nothing.

        Raises:
            StudyVersionTaken: when the version is saved with other content, or does not follow.
        """
        self._authorize(actor, Action.STUDY_WRITE, study.id)
        with self._database.unit_of_work() as unit:
            unit.lock(f"desk-study:{study.id}")
            known = self._store.study(unit.connection, study.id, study.version)
            if known is not None and known.study == study:
                return known
            last = self._store.study(unit.connection, study.id, None)
            following = 1 if last is None else last.study.version + 1
            if study.version != following or following > VERSIONS_MAX:
                msg = (
                    f"study {study.id} version {study.version} is not the next one: "
                    f"expected {following}, and at most {VERSIONS_MAX}"
                )
                raise StudyVersionTaken(msg)
            saved = SavedStudy(study, self._parts.clock.now(), actor.id)
            self._store.add_study(unit.connection, saved)
            self._parts.audit.append(
                unit.connection,
                actor,
                Action.STUDY_WRITE,
                f"study/{study.id}",
                {"version": study.version},
            )
        return saved

    def study(self, actor: Actor, id_: str, version: int | None = None) -> SavedStudy:
        """Return a version of a study; the last one for None.

        Raises:
            StudyNotFound: when there is none.
        """
        self._authorize(actor, Action.STUDY_READ, id_)
        with self._database.read() as connection:
            found = self._store.study(connection, id_, version)
        if found is None:
            msg = f"there is no study {id_}, or no such version of it"
            raise StudyNotFound(msg)
        return found

    def studies(self, actor: Actor) -> list[SavedStudy]:
        """Return the last version of each study, the one saved last first."""
        self._authorize(actor, Action.STUDY_READ, "*")
        with self._database.read() as connection:
            return self._store.studies(connection)

    def run(self, actor: Actor, study: Study, on_progress: Progress = no_progress) -> list[Outcome]:
        """Rate history under each variant of a study, saved or not; the same figures every time.

        Usage is measured once for each meter, period and instant of knowledge, and kept: whatever
        is asked next of the same history needs no metering.

        Args:
            actor: who asks.
            study: what is asked.
            on_progress: is told how far it is.

        Raises:
            TooMuchAtOnce: beyond `CASES_MAX` billed periods.
        """
        self._authorize(actor, Action.STUDY_READ, study.id)
        histories = self._histories(actor)
        chosen = set(study.machines)
        cases = [
            case
            for case in cases_of(histories, study.months, study.known_at)
            if not chosen or chosen.intersection(case[0].machines)
        ]
        costs = _cost_entries(list(self._costs(study.months.period())), study.months, histories)
        stage = Stage(study, cases, costs, self._parts.engine, self._parts.facts)
        return Rehearsal(actor, stage, self._measurer, on_progress).outcomes()

    def publish(self, actor: Actor, id_: str, label: str) -> Offering:
        """Record the offering of a variant as its next version; one that is the last already stays.

        Raises:
            StudyNotFound: when there is no such study or variant.
            Invalid: when the variant is what is contracted and has no offering.
            VersionTaken: when somebody has recorded another version meanwhile.
        """
        variant = self.study(actor, id_).study.variant(label)
        if variant is None:
            msg = f"study {id_} has no variant {label[:80]!r}"
            raise StudyNotFound(msg)
        if variant.offering is None:
            msg = f"variant {label} of study {id_} is each contract as it is: nothing to publish"
            raise Invalid(msg)
        contracts, offering = self._parts.contracts, variant.offering
        try:
            last = contracts.offering(actor, offering.id)
        except OfferingNotFound:
            made = msgspec.structs.replace(offering, version=1)
        else:
            made = msgspec.structs.replace(offering, version=last.version)
            if made == last:
                return last
            made = msgspec.structs.replace(offering, version=last.version + 1)
        contracts.offer(actor, made)
        return made

    def record_costs(self, actor: Actor, costs: Sequence[CostRecord]) -> int:
        """Record costs, all or none; those that are recorded already are not recorded again.

        Returns:
            How many are new.

        Raises:
            CostsWrong: when one is recorded under its id with other content.
        """
        self._parts.authorizer.authorize(actor, Action.COST_WRITE, _COSTS)
        with self._database.unit_of_work() as unit:
            unit.lock("desk-costs")
            known = self._store.costs_named(unit.connection, [cost.id for cost in costs])
            taken = sorted({each.id for each in costs if known.get(each.id, each) != each})
            if taken:
                msg = f"recorded with other content: {', '.join(taken[:20])}; nothing was recorded"
                raise CostsWrong(msg)
            fresh = [cost for cost in costs if cost.id not in known]
            if fresh:
                by = self._parts.clock.now(), actor.id
                self._store.add_costs(unit.connection, fresh, by)
                digest = canonical.sha256_hex(canonical.encode([c.to_content() for c in fresh]))
                detail = {"count": len(fresh), "sha256": digest}
                self._parts.audit.append(
                    unit.connection, actor, Action.COST_WRITE, "cost/*", detail
                )
        return len(fresh)

    def import_costs(
        self, actor: Actor, lines: Iterable[str], on_progress: Progress = no_progress
    ) -> int:
        """Record the costs of a CSV file, all or none (`cost_file.read_costs`).

        Returns:
            How many are new.

        Raises:
            CostsWrong: naming each wrong row.
        """
        self._parts.authorizer.authorize(actor, Action.COST_WRITE, _COSTS)
        listed = list(lines)
        costs = read_costs(listed, lambda row: on_progress("reading rows", row, len(listed)))
        on_progress("reading rows", len(listed), len(listed))
        return self.record_costs(actor, costs)

    def costs(self, actor: Actor, months: Months) -> list[CostRecord]:
        """Return the recorded costs of which a part lies in some months, by start and id."""
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        return list(self._costs(months.period()))

    def profit_entries(
        self, actor: Actor, months: Months, on_progress: Progress = no_progress
    ) -> list[ProfitEntry]:
        """Return every amount of an account of profit: of documents issued, and of costs.

        Raises:
            TooMuchAtOnce: beyond `DOCUMENTS_MAX` documents or `COSTS_MAX` costs.
        """
        self._parts.authorizer.authorize(actor, Action.LEDGER_READ, _LEDGER)
        names = set(months.names())
        numbers = self._documents(actor, months.period())
        found: list[ProfitEntry] = []
        for count, number in enumerate(numbers, 1):
            file = self._parts.billing.document(actor, number).file
            document = canonical.decode(file)["document"]
            found += entries_of_document(document)
            on_progress("reading documents", count, len(numbers))
        found += self.cost_entries(actor, months)
        return sorted(
            (each for each in found if each.month in names),
            key=lambda each: (each.month, each.contract, each.machine, each.kind, each.origin),
        )

    def cost_entries(self, actor: Actor, months: Months) -> list[ProfitEntry]:
        """Return what the recorded costs are in an account of profit, without any document.

        Raises:
            TooMuchAtOnce: beyond `COSTS_MAX` costs.
        """
        costs = self.costs(actor, months)
        # The history of every contract is read only where there is a cost to bind.
        return _cost_entries(costs, months, self._histories(actor)) if costs else []

    def profit(self, actor: Actor, months: Months, by: GroupBy) -> list[ProfitRow]:
        """Return an account of profit: revenue, credits, costs and margin by contract and so on."""
        return rows(self.profit_entries(actor, months), by)

    def rows_of(self, entries: Iterable[ProfitEntry], by: GroupBy) -> list[ProfitRow]:
        """Sum entries that are at hand."""
        return rows(entries, by)

    def _histories(self, actor: Actor) -> list[ContractHistory]:
        contracts = self._parts.contracts
        found = []
        for last in contracts.contracts(actor):
            id_, version = last.contract.id, last.contract.version
            before = [contracts.contract(actor, id_, number) for number in range(1, version)]
            found.append(ContractHistory.of(id_, [*before, last]))
        return found

    def _costs(self, period: Period) -> Iterator[CostRecord]:
        after: tuple[Instant, str] | None = None
        count = 0
        while True:
            with self._database.read() as connection:
                page = self._store.costs(connection, period, after, COSTS_PAGE)
            yield from page
            count += len(page)
            if count > COSTS_MAX:
                msg = f"more than {COSTS_MAX} costs: ask for fewer months"
                raise TooMuchAtOnce(msg)
            if len(page) < COSTS_PAGE:
                return
            after = page[-1].period.start, page[-1].id

    def _documents(self, actor: Actor, period: Period) -> list[str]:
        """Return the numbers of the documents of a period, and of a day around it for any zone."""
        low, high = period.start - US_PER_DAY, period.end + US_PER_DAY
        numbers: list[str] = []
        before: str | None = None
        while True:
            page = self._parts.billing.documents(actor, DocumentQuery(before=before))
            numbers += [each.number for each in page if low <= each.period.start < high]
            if len(numbers) > DOCUMENTS_MAX:
                msg = f"more than {DOCUMENTS_MAX} documents: ask for fewer months"
                raise TooMuchAtOnce(msg)
            if len(page) < DOCUMENTS_PAGE_MAX:
                return numbers
            before = page[-1].number

    def _authorize(self, actor: Actor, action: Action, id_: str) -> None:
        self._parts.authorizer.authorize(actor, action, Resource("study", id_))


def _cost_entries(
    costs: Sequence[CostRecord], months: Months, histories: Sequence[ContractHistory]
) -> list[ProfitEntry]:
    names = set(months.names())
    found: list[ProfitEntry] = []
    for cost in costs:
        machines: Sequence[str] = ()
        of = next((each for each in histories if each.id == cost.contract), None)
        if of is not None and not cost.machine:
            version = of.at(cost.period.start) or (of.versions[-1] if of.versions else None)
            machines = () if version is None else version.machines
        binding = partial(_bound, histories, of)
        found += entries_of_cost(cost, binding, machines)
    return [each for each in found if each.month in names]


def _bound(
    histories: Sequence[ContractHistory], of: ContractHistory | None, machine: str, at: Instant
) -> Contract | None:
    """Return the contract of a cost: the one that it names, or the one that bills its machine."""
    if of is not None:
        return of.at(at) or (of.versions[-1] if of.versions else None)
    return binding_of(histories, machine, at)
