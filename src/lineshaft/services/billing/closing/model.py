"""The close of a month as a list of billed periods, each at a step: pure."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period, day_start
from lineshaft.services.billing.model import DocumentHead
from lineshaft.services.billing.receivables.model import Claim, PaymentState
from lineshaft.services.contracts.model import Contract

CLOSE_CONTRACTS_MAX = 50
"""Contracts of one page of the list."""
_YEARS = (1971, 9998)
"""What instants hold, with a month before and behind."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class CloseStep(StrEnum):
    """How far a billed period is, from first to last."""

    DRAFT = "draft"
    """No version of the contract is activated for it."""
    NOT_OVER = "not_over"
    TO_BILL = "to_bill"
    """It is over and has no document."""
    ISSUED = "issued"
    HANDED_OUT = "handed_out"
    """The files of its last document are made and frozen."""
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; where it begins depends on the zone of each contract."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read a month such as `2027-06`.

        Raises:
            Invalid: for anything else.
        """
        found = _MONTH.fullmatch(text)
        if found is None:
            msg = f"cannot read {text[:20]!r} as a month: expected such as 2027-06"
            raise Invalid(msg)
        if not _YEARS[0] <= int(found[1]) <= _YEARS[1]:
            msg = f"month {text}: expected a year from {_YEARS[0]} to {_YEARS[1]}"
            raise Invalid(msg)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.year:04d}-{self.month:02d}"

    def moved(self, months: int) -> "Month":
        """Return the month so many later; earlier below zero."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    def within(self, zone: ZoneInfo) -> Period:
        """Return the month by the calendar of a zone."""
        following = self.moved(1)
        first = dt.date(self.year, self.month, 1)
        last = dt.date(following.year, following.month, 1)
        return Period(day_start(first, zone), day_start(last, zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRow:
    """A billed period that begins in the month.

    Attributes:
        contract: in the version that binds then; the last version of a draft.
        documents: of the period, in order.
        claims: what is open of each.
    """

    contract: Contract
    period: Period
    step: CloseStep
    documents: tuple[DocumentHead, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether one of its documents waits for an answer."""
        return any(claim.dispute is not None for claim in self.claims)

    @property
    def is_overdue(self) -> bool:
        """Whether one of its documents is not paid in time."""
        return any(claim.state is PaymentState.OVERDUE for claim in self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePage:
    """The periods of some contracts.

    Attributes:
        next: id of a contract to go on behind; None after the last one.
    """

    rows: tuple[CloseRow, ...]
    next: str | None


def periods_in(contract: Contract, month: Period) -> list[Period]:
    """Return the billed periods of a contract that begin in a month."""
    found = []
    at, end = max(month.start, contract.starts_at), month.end
    if contract.ends_at is not None:
        end = min(end, contract.ends_at)
    while at < end:
        period = contract.billed_period(at)
        if period.start >= month.start:
            found.append(period)
        at = Instant(period.end)
    return found


def step_of(
    period: Period, documents: Sequence[DocumentHead], claims: Sequence[Claim], now: Instant
) -> CloseStep:
    """Return how far an activated period is, but for whether its files are made."""
    if not documents:
        return CloseStep.TO_BILL if period.end <= now else CloseStep.NOT_OVER
    is_paid = all(claim.state is PaymentState.PAID for claim in claims)
    return CloseStep.PAID if is_paid else CloseStep.ISSUED
