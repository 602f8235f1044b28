"""Rated lines, documents and postings: pure and frozen."""

from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core.errors import Invalid, InvariantError
from lineshaft.core.money import Money, round_half_away
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity, unit_named
from lineshaft.services.billing.release import Release
from lineshaft.services.contracts.model import (
    Availability,
    ClassDurations,
    Contract,
    Direction,
    LocalText,
    Vat,
)
from lineshaft.services.facts.model import Core, StockRecord
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
from lineshaft.services.metering.model import UsageRecord

INVOICE = "380"
"""Commercial invoice (UNTDID 1001)."""
CREDIT_NOTE = "381"
"""Credit note: its amounts are positive, and lower what is owed."""
CORRECTED_INVOICE = "384"
"""Corrected invoice: the difference that is owed on top of what was documented."""
OF_DOCUMENT = "document"
OF_PAYMENT = "payment"
OF_RECOGNITION = "recognition"
CORRECTIONS_MAX = 100
"""Documents that correct one period; each names all documents before it."""
LATE_PAGE_MAX = 50
"""Issued periods that one page of late ones measures again."""
QUANTITY_DECIMALS = 6
PERCENT_DECIMALS = 2
DOCUMENTS_PAGE_MAX = 200
TRANSACTIONS_PAGE_MAX = 500
"""Transactions of one page: a parameter each, within what a statement of SQL may have."""


class Engine(msgspec.Struct, frozen=True):
    """What a document was computed with; the same engine gives the same bytes for ever.

    Attributes:
        lineshaft: version of the product.
        tzdata: version of the time zone database.
    """

    lineshaft: str
    tzdata: str

    def to_content(self) -> dict[str, str]:
        """Return the JSON content."""
        return {"lineshaft": self.lineshaft, "tzdata": self.tzdata}

    @classmethod
    def from_content(cls, content: Any) -> "Engine":
        """Read from JSON content.

        Raises:
            Invalid: for anything but the two versions.
        """
        match content:
            case {"lineshaft": str(lineshaft), "tzdata": str(tzdata), **rest} if not rest:
                return cls(lineshaft, tzdata)
            case _:
                msg = "cannot read the engine: expected the versions of lineshaft and tzdata"
                raise Invalid(msg)


class LineKind(StrEnum):
    """What a document line is for; postings follow from it."""

    BASE_FEE = "base_fee"
    USAGE = "usage"
    SERVICE_CREDIT = "service_credit"
    CORE_DEPOSIT = "core_deposit"


class RatedLine(msgspec.Struct, frozen=True):
    """One line: rounded once, with every step that led to it.

    Attributes:
        quantity: what was charged, in the unit of the price.
        steps: JSON objects, from the usage to the rounding.
        exact: the amount before rounding.
        amount: `exact` rounded half away from zero to the currency's decimals.
        usage: places in the document's list of usage records.
        period: that it is for; None: the service period of the document.
    """

    id: str
    kind: LineKind
    description: LocalText
    quantity: Quantity
    steps: tuple[dict[str, Any], ...]
    exact: Fraction
    amount: Money
    vat: Vat
    usage: tuple[int, ...]
    period: Period | None = None


class VatGroup(msgspec.Struct, frozen=True):
    """The tax on all lines of one category and rate (EN 16931-1, BG-23)."""

    vat: Vat
    base: Money
    amount: Money


class Totals(msgspec.Struct, frozen=True):
    """Net (sum of the lines), tax by group, and gross: all exact sums of rounded amounts."""

    net: Money
    vat: tuple[VatGroup, ...]
    gross: Money


class GuaranteeResult(msgspec.Struct, frozen=True):
    """What became of the promise in one period.

    Attributes:
        durations: required time by class; the classes add up to it.
        availability: exact, not applicable where no time remained to judge.
        target: ratio that was promised.
        credit: share of the base fee that is credited, 0 when the target is met.
        usage: places of the state records in the document's list.
    """

    durations: ClassDurations
    availability: Availability
    target: Fraction
    credit: Fraction
    usage: tuple[int, ...]


class FeesAhead(msgspec.Struct, frozen=True):
    """The period whose fees per month a document bills in advance; None: it bills none."""

    period: Period | None


class Facts(msgspec.Struct, frozen=True):
    """What was recorded for a period beside the readings: incidents, exclusions, cores, stock.

    Attributes:
        fees: of a contract with fees in advance, by all its versions; None: by this one alone.
    """

    incidents: tuple[ServiceIncident, ...] = ()
    exclusions: tuple[AgreedExclusion, ...] = ()
    cores: tuple[Core, ...] = ()
    stock: tuple[StockRecord, ...] = ()
    fees: FeesAhead | None = None


NO_FACTS = Facts()


class GuaranteeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one of several promises in a period.

    Attributes:
        indicator: what is judged, as the terms name it.
        value: exact, None where it is not applicable: a ratio, hours, or energy for each unit.
        target: what was promised, on the scale of `value`, inclusive.
        direction: on which side of the target the promise is kept.
        rate: the credit of this guarantee alone, as a share of the base fee.
        credit: what is granted of it, after exclusivity groups and the cap of the period.
        basis: JSON object of what the value follows from.
        usage: places of its records in the document's list.
    """

    id: str
    indicator: str
    value: Fraction | None
    target: Fraction
    direction: Direction
    is_met: bool
    rate: Fraction
    credit: Fraction
    basis: dict[str, Any]
    usage: tuple[int, ...]


class RatedDocument(msgspec.Struct, frozen=True):
    """What a period costs, and why: everything of a document but its number and date."""

    contract: Contract
    period: Period
    known_at: Instant
    engine: Engine
    usage: tuple[UsageRecord, ...]
    lines: tuple[RatedLine, ...]
    guarantee: GuaranteeResult | None
    totals: Totals
    statements: tuple[dict[str, Any], ...]
    outcomes: tuple[GuaranteeOutcome, ...] = ()
    facts: Facts = NO_FACTS
    release: Release | None = None


class DocumentedLine(msgspec.Struct, frozen=True):
    """A line of an earlier document, as far as a correction follows from it."""

    id: str
    kind: LineKind
    description: LocalText
    amount: Money
    vat: Vat
    period: Period | None = None


class Documented(msgspec.Struct, frozen=True):
    """A document that a correction stands on: named by number and bytes.

    Attributes:
        sha256: of its file, hexadecimal.
        type: of the document; the lines of a credit note lower what is owed.
    """

    number: str
    sha256: str
    type: str
    lines: tuple[DocumentedLine, ...]


class Difference(msgspec.Struct, frozen=True):
    """What a correction charges or credits: the new rating less all that is documented.

    Attributes:
        type: `CORRECTED_INVOICE`, or `CREDIT_NOTE` with the signs of all amounts turned.
        lines: only those that differ.
    """

    type: str
    lines: tuple[RatedLine, ...]
    totals: Totals


class DocumentHead(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a document without opening it.

    Attributes:
        organisation: the customer's, who may see it.
        sha256: of the file, hexadecimal.
        type: code of UNTDID 1001; the amounts of a credit note are positive.
        correction: 0 for the first document of a period, then 1, 2, ….
    """

    number: str
    contract: str
    contract_version: int
    organisation: str
    period: Period
    known_at: Instant
    issued_at: Instant
    gross: Money
    sha256: str
    type: str = INVOICE
    correction: int = 0

    @property
    def owed(self) -> Money:
        """What the customer owes by it; below zero for a credit note."""
        return -self.gross if self.type == CREDIT_NOTE else self.gross


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt to correct a period ended.

    Attributes:
        document: the new document, or the last of the period where nothing is to be documented.
        is_new: whether this attempt has issued it.
    """

    document: "IssuedDocument"
    is_new: bool


class Rerating(msgspec.Struct, frozen=True, kw_only=True):
    """That a period was rated again, and what came of it; never changed.

    Attributes:
        known_at: what was known when.
        usage_sha256: of the usage and of what was recorded beside it, whenever it was known.
        document: number of the document that it led to; None where nothing was to be documented.
    """

    contract: str
    period: Period
    known_at: Instant
    usage_sha256: str
    document: str | None


class LatePeriod(msgspec.Struct, frozen=True, kw_only=True):
    """A period whose usage, records, terms or fees in advance are others now than were billed.

    Attributes:
        document: the last document of the period.
        meters: ids of the meters that count differently now, with their machine.
        recorded: kinds (`inputs.KINDS`) of which something else is recorded now.
        is_refused: whether it cannot be rated any more, such as by two counts at one instant.
        is_amended: whether another version of the contract holds now, and costs something else.
    """

    document: DocumentHead
    meters: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    is_refused: bool = False
    is_amended: bool = False


class LatePage(msgspec.Struct, frozen=True, kw_only=True):
    """Late periods among the next `LATE_PAGE_MAX` or fewer issued ones.

    Attributes:
        next: to go on behind; None after the last issued period.
    """

    periods: tuple[LatePeriod, ...]
    next: str | None


class IssuedDocument(DocumentHead, frozen=True, kw_only=True):
    """A document as it was issued, for ever.

    Attributes:
        file: canonical JSON with the signature (`docs/formats/invoice.md`): what the customer gets.
    """

    file: bytes


class DocumentQuery(msgspec.Struct, frozen=True):
    """Which documents to list, newest number first.

    Attributes:
        contract: of one contract, or of all.
        before: only documents issued before the one with this number: the last of the page before.
        limit: at most `DOCUMENTS_PAGE_MAX`.
        type: code of UNTDID 1001, or every type.
        within: only documents whose service period begins in it.
        is_first: only the first documents of their periods.
    """

    contract: str | None = None
    before: str | None = None
    limit: int = DOCUMENTS_PAGE_MAX
    type: str | None = None
    within: Period | None = None
    is_first: bool = False

    def __post_init__(self) -> None:
        """Refuse a page that is empty or too long."""
        if not 0 < self.limit <= DOCUMENTS_PAGE_MAX:
            msg = f"a page of {self.limit} documents: expected 1 to {DOCUMENTS_PAGE_MAX}"
            raise Invalid(msg)


class AccountKind(StrEnum):
    """The accounts that a document posts to."""

    RECEIVABLES = "receivables"
    REVENUE = "revenue"
    SERVICE_CREDITS = "service_credits"
    """Contra-revenue: credits lower the revenue, they are no cost (IFRS 15, paragraph 51)."""
    VAT_PAYABLE = "vat_payable"
    REFUND_LIABILITY = "refund_liability"
    """Deposits of open cores: owed to customers until they are back (IFRS 15, paragraph 55)."""
    CONTRACT_LIABILITY = "contract_liability"
    """Billed, and not yet served (IFRS 15, paragraph 106)."""
    PARTNER_PAYABLE = "partner_payable"
    PARTNER_SHARES = "partner_shares"
    """Cost: the supplier is the principal (IFRS 15, B35A and B37), its revenue is gross."""
    NET_INVESTMENT = "net_investment"
    """Receivable of finance leases (IFRS 16, paragraph 67)."""
    LEASED_OUT = "leased_out"
    """Machines handed over under finance leases, until their cost is booked against it."""
    LEASE_INTEREST = "lease_interest"
    """Finance income of finance leases (IFRS 16, paragraph 75)."""
    BANK = "bank"


class Account(msgspec.Struct, frozen=True):
    """An account of the ledger, such as `receivables:acme` or `vat_payable:S-19`.

    Attributes:
        detail: the customer for receivables, the offering for revenue (none in transactions from
            before that was told apart), the contract for its liability, the partner for what is
            owed to it, category and rate for the tax, the contract for finance leases; empty
            otherwise.
    """

    kind: AccountKind
    detail: str = ""

    def __str__(self) -> str:
        """Write the code of the account."""
        return f"{self.kind}:{self.detail}" if self.detail else str(self.kind)


class Entry(msgspec.Struct, frozen=True):
    """One side of a transaction: a debit is positive, a credit negative."""

    account: Account
    amount: Money


class Transaction(msgspec.Struct, frozen=True):
    """Entries that belong together and sum to zero in each currency; never changed.

    Attributes:
        effective_at: the instant whose period it belongs to.
        posted_at: when it was written.
        reason: what it follows from: the document itself, a payment on it, or a month of it that
            is recognised.
        reference: of the payment, or the month.
    """

    id: str
    document: str
    effective_at: Instant
    posted_at: Instant
    entries: tuple[Entry, ...]
    reason: str = OF_DOCUMENT
    reference: str = ""

    def __post_init__(self) -> None:
        """Stop a transaction in which debits and credits differ."""
        sums: dict[str, Fraction] = {}
        for entry in self.entries:
            money = entry.amount
            sums[money.currency] = sums.get(money.currency, Fraction(0)) + money.as_fraction()
        if not self.entries or any(sums.values()):
            msg = f"transaction {self.id} of document {self.document} does not sum to zero"
            raise InvariantError(msg)


class AccountBalance(msgspec.Struct, frozen=True):
    """The sums of an account in one currency."""

    account: str
    debit: Money
    credit: Money


def shown_quantity(quantity: Quantity) -> dict[str, str]:
    """Return a quantity as documents carry it: exact, and rounded for the eye.

    The rounded form has at most `QUANTITY_DECIMALS` decimals and no trailing zeros; nothing is
    computed from it.
    """
    return {
        "exact": str(quantity.amount),
        "shown": shown_decimal(quantity.amount, QUANTITY_DECIMALS),
        "unit": quantity.unit,
        "symbol": unit_named(quantity.unit).symbol,
    }


def shown_decimal(value: Fraction, decimals: int) -> str:
    """Round for the eye, half away from zero, without trailing zeros behind the point."""
    text = f"{round_half_away(value, decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_percent(ratio: Fraction) -> str:
    """Write a ratio in percent with `PERCENT_DECIMALS` decimals, such as `40.27`."""
    return f"{round_half_away(ratio * 100, PERCENT_DECIMALS):f}"
