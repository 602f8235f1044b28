"""Studies, and what they come to: frozen and exact. Pure.

Costs and accounts of profit are in `costing.py`.
"""

import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.model import Offering
from lineshaft.services.desk.checks import Months, check_id, check_text, month_of
from lineshaft.services.desk.costing import (
    COST_FIELDS,
    CostKind,
    CostRecord,
    EntryKind,
    Figures,
    GroupBy,
    ProfitEntry,
    ProfitRow,
    sum_figures,
)
from lineshaft.services.metering.model import NO_EVIDENCE

__all__ = [
    "COST_FIELDS",
    "Band",
    "Cell",
    "CostKind",
    "CostRecord",
    "EntryKind",
    "Figures",
    "GroupBy",
    "Months",
    "NoRisk",
    "Outcome",
    "ProfitEntry",
    "ProfitRow",
    "Risk",
    "SavedStudy",
    "Study",
    "TariffEffect",
    "Unknowable",
    "Unrated",
    "Variant",
    "month_of",
    "sum_figures",
]

MACHINES_MAX = 10_000
VARIANTS_MAX = 4
VERSIONS_MAX = 1_000
SEED_MAX = 2**53 - 1
"""Every seed is a whole number that JSON carries exactly."""


class Variant(msgspec.Struct, frozen=True):
    """What history is rated under.

    Attributes:
        label: of the columns and plots.
        offering: every contract gets its terms; None: each contract as it is.
    """

    label: str
    offering: Offering | None = None

    def __post_init__(self) -> None:
        """Refuse a variant without a name."""
        check_text(self.label, "label of a variant")


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """A question to history: these machines, these months, under these tariffs.

    Attributes:
        version: 1, 2, 3 …; a saved version never changes.
        machines: empty: all machines of all contracts.
        variants: what is compared, in the order of the columns.
        known_at: what was known when; doing it again gives the same figures.
        seed: of the simulation.
    """

    id: str
    version: int
    name: str
    months: Months
    variants: tuple[Variant, ...]
    known_at: Instant
    machines: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse a study that could not be run or found again."""
        check_id(self.id, "study")
        check_text(self.name, f"name of study {self.id}")
        labels = [variant.label for variant in self.variants]
        is_sound = (
            1 <= self.version <= VERSIONS_MAX
            and 1 <= len(labels) <= VARIANTS_MAX
            and len(set(labels)) == len(labels)
            and 0 <= self.seed <= SEED_MAX
            and len(self.machines) <= MACHINES_MAX
        )
        if not is_sound:
            msg = (
                f"study {self.id}: expected 1 to {VARIANTS_MAX} variants with a label of their "
                f"own, a seed from 0 to {SEED_MAX}, at most {MACHINES_MAX} machines and "
                f"{VERSIONS_MAX} versions"
            )
            raise Invalid(msg)
        for machine in self.machines:
            check_machine_id(machine)

    def variant(self, label: str) -> Variant | None:
        """Return a variant by its label."""
        return next((each for each in self.variants if each.label == label), None)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "known_at": format_instant(self.known_at),
            "machines": list(self.machines),
            "months": {"first": self.months.first, "last": self.months.last},
            "name": self.name,
            "seed": self.seed,
            "variants": [
                {
                    "label": each.label,
                    "offering": None if each.offering is None else each.offering.to_content(),
                }
                for each in self.variants
            ],
            "version": self.version,
        }

    @classmethod
    def from_content(cls, content: Any) -> "Study":
        """Read JSON content.

        Raises:
            Invalid: naming what is missing, unknown or of another kind.
        """
        match content:
            case {
                "id": str(id_),
                "known_at": str(known_at),
                "machines": list(machines),
                "months": {"first": str(first), "last": str(last)},
                "name": str(name),
                "seed": int(seed),
                "variants": list(variants),
                "version": int(version),
                **rest,
            } if not rest and type(seed) is int and all(isinstance(m, str) for m in machines):
                return cls(
                    id=id_,
                    version=version,
                    name=name,
                    months=Months(first, last),
                    variants=tuple(map(_variant, variants)),
                    known_at=parse_instant(known_at),
                    machines=tuple(machines),
                    seed=seed,
                )
            case _:
                msg = "a study needs id, version, name, months (first, last), machines, variants, "
                msg += "known_at and seed, and nothing else"
                raise Invalid(msg)


class SavedStudy(msgspec.Struct, frozen=True):
    """A version of a study as it is saved."""

    study: Study
    saved_at: Instant
    saved_by: str


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What one machine earned in one billed period under one variant.

    Attributes:
        revenue: net of tax: fee and usage.
        credits: zero or below: what was given back on guarantees.
        is_complete: whether all usage of the period is known.
        evidence_root: of the signed segments that its usage rests on (`repricing.joined_root`).
    """

    contract: str
    offering: str
    machine: str
    period: Period
    month: str
    revenue: Money
    credits: Money
    is_complete: bool
    evidence_root: str = NO_EVIDENCE

    @property
    def net(self) -> Money:
        """Revenue less credits."""
        return self.revenue + self.credits


class Unrated(msgspec.Struct, frozen=True):
    """A period that cannot be rated under a variant, and why."""

    contract: str
    period: Period
    reason: str


class Band(msgspec.Struct, frozen=True):
    """Three quantiles of simulated amounts: 5, 50 and 95 %."""

    low: Money
    middle: Money
    high: Money


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """What the guarantees of a contract may cost in one period, from its machines' own failures.

    Attributes:
        failures: in the history of all machines.
        mean_up_us, mean_down_us: of that history, all machines together.
        missed: share of the simulated periods in which the target is missed.
        mean_credit: exact mean of the simulated credits, rounded once.
        credits: positive amounts.
        margin: revenue of a mean period less credits less recorded costs.
        histogram: upper end of each class of credits, and how many periods fall in it.
    """

    contract: str
    machines: tuple[str, ...]
    failures: int
    mean_up_us: Fraction
    mean_down_us: Fraction
    runs: int
    seed: int
    missed: Fraction
    mean_credit: Money
    credits: Band
    margin: Band
    histogram: tuple[tuple[Money, int], ...]


class Unknowable(enum.StrEnum):
    """Why nothing can be said of what a guarantee may cost."""

    NO_GUARANTEE = "no_guarantee"
    TOO_FEW_FAILURES = "too_few_failures"


class NoRisk(msgspec.Struct, frozen=True):
    """That no distribution is shown, and why: never a number that nothing supports.

    Attributes:
        failures: of the machine with the fewest.
        machine: that machine; empty where it is not about one.
    """

    contract: str
    reason: Unknowable
    machine: str = ""
    failures: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant comes to.

    Attributes:
        costs: recorded, by machine and month.
        in_bulk: billed periods that were rated from totals (`bulk.py`).
        one_by_one: how many were measured and rated by themselves, by the reason.
    """

    variant: Variant
    cells: tuple[Cell, ...]
    unrated: tuple[Unrated, ...]
    risks: tuple[Risk | NoRisk, ...]
    costs: Mapping[tuple[str, str, str], Money]
    in_bulk: int = 0
    one_by_one: Mapping[str, int] = msgspec.field(default_factory=dict)


class TariffEffect(msgspec.Struct, frozen=True):
    """What a machine's customer pays under two variants, net of tax and after credits."""

    machine: str
    before: Money
    after: Money

    @property
    def more(self) -> Money:
        """How much more is paid under the second; below zero: less."""
        return self.after + -self.before


def _variant(content: Any) -> Variant:
    match content:
        case {"label": str(label), "offering": None, **rest} if not rest:
            return Variant(label)
        case {"label": str(label), "offering": dict(offering), **rest} if not rest:
            return Variant(label, Offering.from_content(offering))
        case _:
            msg = "a variant needs a label, and an offering or null"
            raise Invalid(msg)
