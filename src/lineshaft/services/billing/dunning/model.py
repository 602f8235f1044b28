"""What a letter says: what is open, since when, and on which terms; pure.

A letter states its fee and interest and books nothing: the ledger and the document stay as they
are until a claim for them is billed.
"""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import Instant, format_instant
from lineshaft.services.billing.receivables.model import DUNNING_DAYS, Claim

FORMAT = "lineshaft/dunning-letter/1"
LEVEL_MAX = len(DUNNING_DAYS)
"""Of letters: 0 states what is open, then one for each reminder."""
INTEREST_PERCENT_MAX = 100
DAYS_OF_YEAR = 365
"""Interest is for days of 365 in a year, whatever the year has."""


class DunningTerms(msgspec.Struct, frozen=True):
    """What a letter asks for beside what is open.

    Attributes:
        fee: for the letter; zero for none.
        interest_percent: a year, on what is open, since it was due; zero for none.
    """

    fee: Money
    interest_percent: Fraction

    def __post_init__(self) -> None:
        """Refuse what no court would grant."""
        is_sound = 0 <= self.interest_percent <= INTEREST_PERCENT_MAX
        if self.fee.as_fraction() < 0 or not is_sound:
            msg = (
                f"a fee of {self.fee} and {self.interest_percent} % interest: expected neither "
                f"below zero, and at most {INTEREST_PERCENT_MAX} %"
            )
            raise Invalid(msg)

    def interest(self, claim: Claim) -> Money:
        """Return the interest on what is open and not disputed since it was due, rounded once.

        Example: 271.69 EUR at 9 % for 26 days: 271.69 × 0.09 × 26 / 365 = 1.74 EUR.
        """
        share = self.interest_percent / 100 * Fraction(claim.overdue_days, DAYS_OF_YEAR)
        return Money.rounded(claim.undisputed.as_fraction() * share, claim.open.currency)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it was written.

    Attributes:
        file: canonical JSON of `letter`, `key_id` and `signature`.
        sha256: of the file, hexadecimal.
    """

    document: str
    level: int
    written_at: Instant
    written_by: str
    file: bytes

    @property
    def sha256(self) -> str:
        """Hash of the file, hexadecimal."""
        return canonical.sha256_hex(self.file)

    @property
    def content(self) -> dict[str, Any]:
        """What is signed."""
        content: dict[str, Any] = canonical.decode(self.file)["letter"]
        return content


def letter_content(
    document: Mapping[str, Any], claim: Claim, level: int, terms: DunningTerms, place: Instant
) -> dict[str, Any]:
    """Return what a letter says.

    Args:
        document: content of the document that it reminds of.
        claim: what is open of it.
        level: 0 to `LEVEL_MAX`.
        terms: fee and interest.
        place: when it is written.
    """
    interest = terms.interest(claim)
    total = claim.undisputed + terms.fee + interest
    disputed = {"disputed": _amount(claim.disputed)} if claim.disputed.as_fraction() else {}
    return {
        "format": FORMAT,
        "document": claim.document.number,
        "document_sha256": claim.document.sha256,
        "issued_at": document["issued_at"],
        "supplier": document["supplier"],
        "customer": document["customer"],
        "time_zone": document["service_period"]["time_zone"],
        "level": level,
        "written_at": format_instant(place),
        "due_on": None if claim.due_on is None else claim.due_on.isoformat(),
        "overdue_days": claim.overdue_days,
        "currency": claim.open.currency,
        "gross": _amount(claim.document.gross),
        "paid": _amount(claim.paid),
        "open": _amount(claim.open),
        **disputed,
        "fee": _amount(terms.fee),
        "interest_percent": str(terms.interest_percent),
        "interest": _amount(interest),
        "total": _amount(total),
    }


def day_of(text: str | None) -> dt.date | None:
    """Read the due date of a letter."""
    return None if text is None else dt.date.fromisoformat(text)


def _amount(money: Money) -> str:
    return f"{money.amount:f}"
