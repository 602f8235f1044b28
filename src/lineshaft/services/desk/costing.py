"""Recorded costs, and the account of profit that documents and costs come to. Pure."""

import enum
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.core.reading import check_machine_id
from lineshaft.services.desk.checks import check_id, check_text

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,4})?", re.ASCII)


class CostKind(enum.StrEnum):
    """What money was spent on."""

    SPARE_PARTS = "spare_parts"
    HOURS = "hours"
    ENERGY = "energy"
    FINANCING = "financing"
    OTHER = "other"


class CostRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A cost as it was recorded; never changed. A mistake is taken back by a negative amount.

    Attributes:
        id: of the record, the caller's own; the same again changes nothing.
        period: over which it is spread, by calendar months (UTC), to the cent.
        machine, contract: at least one; of a machine alone it counts for the contract that bills
            it then, of a contract alone for its machines in equal parts.
        source: where it comes from: number of a voucher, name of a file.
    """

    id: str
    kind: CostKind
    period: Period
    amount: Money
    source: str
    machine: str = ""
    contract: str = ""

    def __post_init__(self) -> None:
        """Refuse a cost of nothing and nobody."""
        check_id(self.id, "cost")
        check_text(self.source, f"source of cost {self.id}")
        if self.machine:
            check_machine_id(self.machine)
        if self.contract:
            check_id(self.contract, "contract")
        if not (self.machine or self.contract):
            msg = f"cost {self.id}: expected a machine or a contract, or both"
            raise Invalid(msg)

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "amount": f"{self.amount.amount:f}",
            "contract": self.contract,
            "currency": self.amount.currency,
            "end": format_instant(self.period.end),
            "id": self.id,
            "kind": self.kind.value,
            "machine": self.machine,
            "source": self.source,
            "start": format_instant(self.period.start),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "CostRecord":
        """Read JSON content, or a row of a file: all fields are texts.

        Raises:
            Invalid: naming the field that is missing, unknown or cannot be read.
        """
        missing = [name for name in COST_FIELDS if not isinstance(content.get(name, ""), str)]
        missing += [name for name in _COST_NEEDED if not content.get(name)]
        unknown = sorted(set(map(str, content)) - set(COST_FIELDS))
        if missing or unknown:
            named = [
                *(f"{name} is missing" for name in missing),
                *(f"unknown {n}" for n in unknown),
            ]
            raise Invalid("; ".join(named))
        if content["kind"] not in list(CostKind):
            msg = f"kind {content['kind'][:80]!r}: expected one of {', '.join(CostKind)}"
            raise Invalid(msg)
        return cls(
            id=content["id"],
            kind=CostKind(content["kind"]),
            period=Period(_start_of(content["start"]), _start_of(content["end"])),
            amount=_money(content["amount"], content["currency"]),
            source=content["source"],
            machine=content.get("machine", ""),
            contract=content.get("contract", ""),
        )


COST_FIELDS = (
    "id", "kind", "start", "end", "amount", "currency", "machine", "contract", "source",
)  # fmt: skip
"""Columns of a file of costs."""
_COST_NEEDED = ("id", "kind", "start", "end", "amount", "currency", "source")


class EntryKind(enum.StrEnum):
    """What an entry of an account of profit is."""

    REVENUE = "revenue"
    CREDIT = "credit"
    COST = "cost"


class ProfitEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One amount of an account of profit: everything else is sums of these.

    Attributes:
        contract, offering: empty for a cost that no contract bills.
        amount: revenue above zero, credits and costs below.
        origin: number of the document, or id of the cost.
        detail: kind of the cost; empty otherwise.
    """

    month: str
    contract: str
    offering: str
    machine: str
    kind: EntryKind
    amount: Money
    origin: str
    detail: str = ""


class GroupBy(enum.StrEnum):
    """By what an account of profit is divided."""

    CONTRACT = "contract"
    MACHINE = "machine"
    OFFERING = "offering"
    MONTH = "month"


class Figures(msgspec.Struct, frozen=True):
    """Sums of one machine, month or of all, in one currency.

    Attributes:
        costs: positive.
    """

    revenue: Money
    credits: Money
    costs: Money

    @property
    def units(self) -> set[str]:
        """The currencies of all three."""
        return {self.revenue.currency, self.credits.currency, self.costs.currency}

    @property
    def net(self) -> Money:
        """Revenue less credits."""
        return self.revenue + self.credits if self.credits.amount else self.revenue

    @property
    def margin(self) -> Money:
        """What is left after recorded costs."""
        return self.net + -self.costs if self.costs.amount else self.net


class ProfitRow(msgspec.Struct, frozen=True):
    """A line of an account of profit, in one currency."""

    key: str
    figures: Figures


def sum_figures(amounts: Sequence[Figures], currency: str) -> Figures:
    """Add figures exactly.

    Raises:
        CurrencyMismatch: when one is of another currency.
    """
    if len(amounts) == 1 and amounts[0].units == {currency}:
        return amounts[0]
    revenue = credit = cost = Money.zero(currency)
    for each in amounts:
        revenue, credit, cost = revenue + each.revenue, credit + each.credits, cost + each.costs
    return Figures(revenue, credit, cost)


def _start_of(text: str) -> Instant:
    """Read an instant, or a date: its first instant in UTC."""
    return parse_instant(text if "T" in text.upper() else f"{text}T00:00:00Z")


def _money(amount: str, currency: str) -> Money:
    """Read an amount with at most the decimals of its currency."""
    if _AMOUNT.fullmatch(amount) is None:
        msg = f"amount {amount[:80]!r}: expected digits such as 120.50"
        raise Invalid(msg)
    exact = Fraction(Decimal(amount))
    made = Money.rounded(exact, currency)
    if made.as_fraction() != exact:
        msg = f"amount {amount} {currency}: more decimals than the currency has"
        raise Invalid(msg)
    return made
