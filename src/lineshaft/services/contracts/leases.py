"""Machines that are leased: instalments, when they are due, what follows at the end.

Pure data; the formula is `billing/pricing/lease.py`.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from lineshaft.core.period import Instant, anchored_period, parse_instant, to_datetime
from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.content import (
    Frozen,
    TermsInvalid,
    check_instant,
    check_price,
)

LEASE_MONTHS_MAX = 600
LEASED_MAX = 100
RATE_PERCENT_MAX = 100


class LeaseDue(StrEnum):
    """When the instalment of a month of the lease is due."""

    ADVANCE = "advance"
    """At the start of the month."""
    ARREARS = "arrears"
    """At its end."""


class LeasedMachine(Frozen, frozen=True):
    """A machine with an instalment of its own."""

    machine: str
    instalment: Decimal

    def __post_init__(self) -> None:
        """Refuse a negative instalment."""
        check_machine_id(self.machine)
        check_price(self.instalment, f"instalment of {self.machine}")


class LeaseClass(StrEnum):
    """How a lessor classifies a lease (IFRS 16, paragraphs 61 to 66)."""

    OPERATING = "operating"
    """Instalments are revenue over their months, straight-line."""
    FINANCE = "finance"
    """Each instalment is interest and principal, by the effective interest method."""


class LeasePurchase(Frozen, frozen=True):
    """That the customer has bought a leased machine by its option.

    Attributes:
        at: when, RFC 3339 in UTC: not before the end of the lease.
    """

    machine: str
    at: str

    def __post_init__(self) -> None:
        """Refuse what is no machine or no instant."""
        check_machine_id(self.machine)
        check_instant(self.at, "purchase of a leased machine")


class LeasePrice(Frozen, frozen=True, kw_only=True, tag_field="model", tag="lease"):
    """A fixed instalment each month for each machine that then serves under the contract.

    Attributes:
        instalment: of each machine that is not named in `machines`.
        months: how many instalments there are.
        since: start of the lease, RFC 3339 in UTC; None: the start of the contract. A version of
            the contract that begins later says it, so that instalments are counted on.
        residual: what a machine is reckoned to be worth at the end, each; None where it is open.
        purchase_option: what the customer may buy a machine for at the end, each; None for none.
        classification: left out: instalments are revenue of the period that they are due in.
        annual_rate: nominal, in percent, a twelfth each month: of a finance lease, and no other.
        purchases: machines that were bought by the option; left out where none was.
    """

    instalment: Decimal
    months: int
    due: LeaseDue
    since: str | None = None
    machines: tuple[LeasedMachine, ...] = ()
    residual: Decimal | None = None
    purchase_option: Decimal | None = None
    classification: LeaseClass | UnsetType = UNSET
    annual_rate: Fraction | UnsetType = UNSET
    purchases: tuple[LeasePurchase, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a lease without an instalment, and a machine twice."""
        check_price(self.instalment, "instalment of a lease")
        if not 1 <= self.months <= LEASE_MONTHS_MAX:
            msg = f"a lease of {self.months} instalments: expected 1 to {LEASE_MONTHS_MAX}"
            raise TermsInvalid(msg)
        if self.since is not None:
            check_instant(self.since, "start of the lease")
        names = [each.machine for each in self.machines]
        if len(names) > LEASED_MAX or len(set(names)) < len(names):
            msg = f"{len(names)} machines of a lease: expected at most {LEASED_MAX}, each once"
            raise TermsInvalid(msg)
        for amount in (self.residual, self.purchase_option):
            if amount is not None:
                check_price(amount, "residual value or purchase option of a lease")
        is_finance = self.classification is LeaseClass.FINANCE
        rate = self.annual_rate_percent
        if is_finance != (rate is not None) or not 0 <= (rate or 0) <= RATE_PERCENT_MAX:
            msg = f"a lease at {rate} % a year: expected 0 to {RATE_PERCENT_MAX} of a finance "
            raise TermsInvalid(msg + "lease, and none of any other")
        bought = [each.machine for each in self.bought]
        if bought and (self.purchase_option is None or len(set(bought)) < len(bought)):
            msg = f"{len(bought)} purchases of leased machines: expected each machine once, by an "
            raise TermsInvalid(msg + "option")

    def ends_at(self, starts_at: Instant, zone: ZoneInfo) -> Instant:
        """Return the end of the last month of the lease, of a contract with a start and a zone."""
        since = starts_at if self.since is None else parse_instant(self.since)
        return anchored_period(to_datetime(since, zone).date(), self.months - 1, zone).end

    @property
    def annual_rate_percent(self) -> Fraction | None:
        """The rate of a finance lease; None for any other."""
        return None if self.annual_rate is UNSET else self.annual_rate

    @property
    def bought(self) -> tuple[LeasePurchase, ...]:
        """The machines that were bought; none where there are none."""
        return () if self.purchases is UNSET else self.purchases

    def instalment_of(self, machine: str) -> Decimal:
        """Return the instalment of a machine."""
        own = {each.machine: each.instalment for each in self.machines}
        return own.get(machine, self.instalment)
