"""What the guarantees of contracts cost when the parts that they rely on are late. Pure.

The credits are those that billing computes: bands or slope, caps, exclusivity groups, exactly
(`services/contracts`). What is assumed of the machines: in every month one incident needs the part,
on the day on which it waits longest.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

import msgspec
import numpy as np

from lineshaft.core.money import Money
from lineshaft.core.month import Month
from lineshaft.services.contracts.model import (
    CreditStep,
    CreditTerms,
    Direction,
    credit_amount,
    credit_rate,
    granted_rates,
)
from lineshaft.valuechain.supplynetwork.disruption import Days
from lineshaft.valuechain.supplynetwork.outage import Outage

MINUTES_PER_DAY = 24 * 60
PERCENT = 100

__all__ = [
    "BrokenGuarantee",
    "CreditStep",
    "GuaranteeExposure",
    "GuaranteeKind",
    "LeftOut",
    "Promises",
    "broken",
]


class GuaranteeKind(enum.StrEnum):
    """What is judged; the names are those of the contracts' indicators."""

    RESTORATION = "restoration_time"
    AVAILABILITY = "availability"


class GuaranteeExposure(msgspec.Struct, frozen=True):
    """A guarantee of a contract, and the item without which a machine stays down.

    Attributes:
        terms: target in hours for a restoration, as a ratio for an availability.
        group: of the guarantees of a contract with the same name here the largest credit counts.
        contract_cap: of all credits of the contract, as a share of the monthly fee.
        machines: that the availability is averaged over.
        repair_hours: from the arrival of the part until the machine runs.
    """

    contract: str
    guarantee: str
    item: str
    kind: GuaranteeKind
    terms: CreditTerms
    group: str
    contract_cap: Fraction
    monthly_fee: Decimal
    currency: str
    machines: int
    repair_hours: Fraction

    @classmethod
    def of_row(cls, **cells: Any) -> Self:
        """Take a row of the table `guarantees`: the target and the bands as contracts write them.

        Raises:
            Invalid: for bands that contradict each other or the target.
        """
        is_ratio = cells["kind"] is GuaranteeKind.AVAILABILITY
        scale = PERCENT if is_ratio else 1
        slope = cells.pop("slope")
        steps = tuple(
            CreditStep(None if step.until is None else step.until / scale, step.credit)
            for step in cells.pop("bands")
        )
        terms = CreditTerms(
            cells.pop("target") / scale,
            steps,
            cells.pop("cap"),
            Direction.AT_LEAST if is_ratio else Direction.AT_MOST,
            None if slope is None else slope * scale / PERCENT,
        )
        group = cells.pop("group") or f"/{cells['guarantee']}"
        return cls(terms=terms, group=group, **cells)

    def value(self, waits: Days, days: range) -> Fraction:
        """Return the worst value of a month when each incident waits so many days for the part.

        Args:
            waits: by the day on which the part is needed.
            days: of the month, from the first day of the outage on.
        """
        repair = -int(-self.repair_hours * 60 // 1)
        at = np.arange(len(waits), dtype=np.int64)
        if self.kind is GuaranteeKind.RESTORATION:
            inside = waits[max(days.start, 0) : days.stop]
            longest = int(inside.max(initial=0))
            return longest * 24 + self.repair_hours
        end = np.minimum((at + waits) * MINUTES_PER_DAY + repair, days.stop * MINUTES_PER_DAY)
        down = end - np.maximum(at, days.start) * MINUTES_PER_DAY
        total = len(days) * MINUTES_PER_DAY * self.machines
        return 1 - Fraction(int(down.max(initial=0)), total)


class LeftOut(msgspec.Struct, frozen=True):
    """A guarantee that the files name, and that does not count.

    Attributes:
        why: `unknown_contract`, `not_in_force`, `no_such_guarantee`, `unbreakable` by a late part,
            or `other_currency` than that of the network.
    """

    contract: str
    guarantee: str
    item: str
    why: str


class Promises(msgspec.Struct, frozen=True):
    """The guarantees that late parts can break, and where they were taken from.

    Attributes:
        exposures: items and currency are those of the network.
        inputs: hashes of what was read, by name.
        contracts: the version whose terms count, by the id of each contract that speaks for itself.
        left_out: what does not count, and why.
    """

    exposures: Sequence[GuaranteeExposure]
    inputs: Mapping[str, str]
    contracts: Mapping[str, int] = msgspec.field(default_factory=dict)
    left_out: Sequence[LeftOut] = ()

    def to_content(self) -> dict[str, Any]:
        """Return what contracts said as JSON content; what files said is known by their hashes."""
        return {
            "contracts": dict(sorted(self.contracts.items())),
            "exposures": [
                _exposure_content(each)
                for each in self.exposures
                if each.contract in self.contracts
            ],
            "left_out": [
                {
                    "contract": each.contract,
                    "guarantee": each.guarantee,
                    "item": each.item,
                    "why": each.why,
                }
                for each in self.left_out
            ],
        }


def _exposure_content(each: GuaranteeExposure) -> dict[str, Any]:
    terms = each.terms
    return {
        "contract": each.contract,
        "guarantee": each.guarantee,
        "item": each.item,
        "kind": str(each.kind),
        "target": str(terms.target),
        "steps": [
            [None if step.until is None else str(step.until), str(step.credit)]
            for step in terms.steps
        ],
        "slope": None if terms.slope is None else str(terms.slope),
        "cap": str(terms.cap),
        "group": each.group,
        "contract_cap": str(each.contract_cap),
        "monthly_fee": str(each.monthly_fee),
        "machines": each.machines,
        "repair_hours": str(each.repair_hours),
    }


class BrokenGuarantee(msgspec.Struct, frozen=True):
    """A guarantee that the outage breaks in a month, and what it costs more than without it.

    Attributes:
        value: hours of restoration, or availability as a ratio.
        credit: share of the monthly fee that is granted; a larger one of its group leaves none.
        exact: what the outage adds to the credits, negative, before it is rounded.
        amount: the same as a document line has it, rounded once.
    """

    contract: str
    guarantee: str
    item: str
    month: str
    value: Fraction
    target: Fraction
    credit: Fraction
    exact: Fraction
    amount: Money


def broken(outage: Outage, exposures: Sequence[GuaranteeExposure]) -> list[BrokenGuarantee]:
    """Return the guarantees that break, by contract and month, each with its credit.

    Example: restored within 24 hours, 2 % of the fee for each hour more, at most 20 %: a part that
    comes after 3 days costs 20 % of that month's fee.
    """
    by_contract: dict[str, list[GuaranteeExposure]] = defaultdict(list)
    for each in exposures:
        if each.item in outage.model.row:
            by_contract[each.contract].append(each)
    start = outage.model.hit.shock.start_on
    months = _months(start, outage.model.horizon_days)
    found: list[BrokenGuarantee] = []
    for _, promised in sorted(by_contract.items()):
        for month, days in months:
            found += _broken_in(outage, promised, month, days)
    return found


def _broken_in(
    outage: Outage, promised: list[GuaranteeExposure], month: Month, days: range
) -> list[BrokenGuarantee]:
    late = [each.value(outage.waits(each.item)[0], days) for each in promised]
    in_time = [each.value(np.zeros(outage.model.horizon_days, np.int64), days) for each in promised]
    granted, usual = _granted(promised, late), _granted(promised, in_time)
    found = []
    for place, each in enumerate(promised):
        is_changed = late[place] != in_time[place] or granted[place] != usual[place]
        if not (is_changed and credit_rate(late[place], each.terms)):
            continue
        more = credit_amount(Fraction(each.monthly_fee), granted[place] - usual[place])
        found.append(
            BrokenGuarantee(
                each.contract,
                each.guarantee,
                each.item,
                str(month),
                late[place],
                each.terms.target,
                granted[place],
                more,
                Money.rounded(more, each.currency),
            )
        )
    return found


def _granted(promised: list[GuaranteeExposure], values: list[Fraction]) -> list[Fraction]:
    rates = [
        (each.group, credit_rate(v, each.terms)) for each, v in zip(promised, values, strict=True)
    ]
    return granted_rates(rates, min(each.contract_cap for each in promised))


def _months(start: dt.date, horizon_days: int) -> list[tuple[Month, range]]:
    """Return the calendar months of the horizon with their days, counted from its first."""
    month = Month(start.year, start.month)
    found: list[tuple[Month, range]] = []
    while True:
        first = (dt.date(month.year, month.month, 1) - start).days
        following = month.moved(1)
        last = (dt.date(following.year, following.month, 1) - start).days
        if first >= horizon_days:
            return found
        found.append((month, range(first, last)))
        month = following
