"""Who gets which share of the net revenue of a contract; pure, to the cent.

The supplier keeps what the shares leave. Shares of the whole are taken from the sum of all lines,
shares of single lines from those lines; each time the parts add up to what is split (largest
remainder; of equal remainders the party whose id comes later gets the unit, the supplier last).
"""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import UNSET, UnsetType

from lineshaft.core.money import Money, allocate, total
from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id

SHARES_MAX = 100


class RevenueShare(Frozen, frozen=True, kw_only=True):
    """The share of the net revenue that goes to another party.

    Attributes:
        party: id of one of the contract's other parties.
        share: above 0 and at most 1, exact.
        lines: ids of the parts of the terms that it is a share of; left out: of all of them.
    """

    party: str
    share: Fraction
    lines: tuple[str, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse a share of nothing, and one that is no share."""
        check_id(self.party, "party of a revenue share")
        if not 0 < self.share <= 1:
            msg = f"a revenue share of {self.share} for {self.party}: expected above 0, at most 1"
            raise TermsInvalid(msg)
        if self.lines is not UNSET and (not self.lines or len(set(self.lines)) < len(self.lines)):
            msg = f"the revenue share of {self.party} names no line, or one twice"
            raise TermsInvalid(msg)

    def takes_from(self, line: str) -> bool:
        """Tell whether it is a share of a line, or of all lines."""
        return self.lines is UNSET or line in self.lines


def check_shares(shares: Sequence[RevenueShare], parties: set[str], lines: set[str]) -> None:
    """Pass shares of known parties and lines that leave nobody below zero.

    Raises:
        TermsInvalid: otherwise.
    """
    if len(shares) > SHARES_MAX:
        msg = f"{len(shares)} revenue shares: expected at most {SHARES_MAX}"
        raise TermsInvalid(msg)
    for share in shares:
        if share.party not in parties:
            msg = f"a revenue share for {share.party}: expected one of the contract's parties"
            raise TermsInvalid(msg)
        for unknown in [] if share.lines is UNSET else sorted(set(share.lines) - lines):
            msg = f"a revenue share of {unknown!r} for {share.party}: there is no such line"
            raise TermsInvalid(msg)
    for line in sorted(lines):
        taken = sum((share.share for share in shares if share.takes_from(line)), Fraction(0))
        if taken > 1:
            msg = f"the revenue shares of {line} add up to {taken}: expected at most 1"
            raise TermsInvalid(msg)


def split_revenue(
    shares: Sequence[RevenueShare], lines: Sequence[tuple[str, Money]], currency: str
) -> dict[str, Money]:
    """Return what each party gets of rated lines, by its id; who gets nothing is left out.

    Example: 100.00 with a third each for a and b: 33.33 for a, 33.33 for b, 33.34 stay.

    Args:
        shares: of the contract.
        lines: id and signed net amount of each line: a credit lowers what is shared.
        currency: of the amounts.
    """
    by_line: dict[str, Money] = {}
    for line, amount in lines:
        by_line[line] = by_line.get(line, Money.zero(currency)) + amount
    whole = [share for share in shares if share.lines is UNSET]
    result = _split(whole, total(list(by_line.values()), currency))
    for line, amount in by_line.items():
        of_line = [share for share in shares if share.lines is not UNSET and line in share.lines]
        for party, part in _split(of_line, amount).items():
            result[party] = result.get(party, Money.zero(currency)) + part
    return {party: part for party, part in sorted(result.items()) if part.amount}


def _split(shares: Sequence[RevenueShare], amount: Money) -> dict[str, Money]:
    """Split an amount among the parties and the supplier, who stands last and is left out."""
    weights: dict[str, Fraction] = {}
    for share in sorted(shares, key=lambda each: each.party):
        weights[share.party] = weights.get(share.party, Fraction(0)) + share.share
    rest = 1 - sum(weights.values(), Fraction(0))
    is_credit = amount.amount < 0
    parts = allocate(-amount if is_credit else amount, [*weights.values(), rest])
    return {
        party: -part if is_credit else part for party, part in zip(weights, parts, strict=False)
    }
