"""Machines that are leased: instalments, when they are due, what follows at the end.

Pure data; the formula is `billing/pricing/lease.py`.
"""

from decimal import Decimal
from enum import StrEnum

from lineshaft.core.reading import check_machine_id
from lineshaft.services.contracts.content import (
    Frozen,
    TermsInvalid,
    check_instant,
    check_price,
)

LEASE_MONTHS_MAX = 600
LEASED_MAX = 100


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


class LeasePrice(Frozen, frozen=True, kw_only=True, tag_field="model", tag="lease"):
    """A fixed instalment each month for each machine that then serves under the contract.

    Attributes:
        instalment: of each machine that is not named in `machines`.
        months: how many instalments there are.
        since: start of the lease, RFC 3339 in UTC; None: the start of the contract. A version of
            the contract that begins later says it, so that instalments are counted on.
        residual: what a machine is reckoned to be worth at the end, each; None where it is open.
        purchase_option: what the customer may buy a machine for at the end, each; None for none.
    """

    instalment: Decimal
    months: int
    due: LeaseDue
    since: str | None = None
    machines: tuple[LeasedMachine, ...] = ()
    residual: Decimal | None = None
    purchase_option: Decimal | None = None

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

    def instalment_of(self, machine: str) -> Decimal:
        """Return the instalment of a machine."""
        own = {each.machine: each.instalment for each in self.machines}
        return own.get(machine, self.instalment)
