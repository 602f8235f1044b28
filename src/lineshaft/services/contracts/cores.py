"""Deposits on parts that are taken back: deposit, grades, deadline, upgrade charges.

Pure data; the formula is `billing/pricing/core_deposit.py`.
"""

from decimal import Decimal
from fractions import Fraction

from lineshaft.services.contracts.content import Frozen, TermsInvalid, check_id, check_price

GRADES_MAX = 20
UPGRADES_MAX = 500
RETURN_DAYS_MAX = 3_650
MODEL_CHARACTERS_MAX = 200
_PERCENT = 100


class CoreGrade(Frozen, frozen=True):
    """What a used part is worth that an inspection has graded: a share of the deposit."""

    grade: str
    percent: Fraction

    def __post_init__(self) -> None:
        """Refuse more than the deposit, and less than nothing."""
        check_id(self.grade, "grade of a core")
        if not 0 <= self.percent <= _PERCENT:
            msg = f"grade {self.grade}: {self.percent} % of the deposit, expected 0 to 100"
            raise TermsInvalid(msg)


class CoreUpgrade(Frozen, frozen=True):
    """What is charged where another model comes back than was delivered.

    Attributes:
        old: the model that comes back.
        new: the model that was delivered.
    """

    old: str
    new: str
    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse a negative charge, and one for the same model."""
        check_price(self.amount, f"upgrade from {self.old[:80]}")
        lengths = (len(self.old), len(self.new))
        is_named = min(lengths) > 0 and max(lengths) <= MODEL_CHARACTERS_MAX
        if not is_named or self.old == self.new:
            msg = f"upgrade from {self.old[:80]!r} to {self.new[:80]!r}: expected two models"
            raise TermsInvalid(msg)


class CoreDepositPrice(Frozen, frozen=True, tag_field="model", tag="core_deposit"):
    """A deposit for each part that is delivered, given back when the used one comes in time.

    Attributes:
        deposit: for each part, net of tax.
        days: civil days of the contract's zone after the day of delivery; on the last one a part
            still comes in time.
        grades: every grade that an inspection may give.
        upgrades: every pair of different models that may be exchanged.
    """

    deposit: Decimal
    days: int
    grades: tuple[CoreGrade, ...]
    upgrades: tuple[CoreUpgrade, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a grade or a pair of models twice, and a deadline beyond ten years."""
        check_price(self.deposit, "deposit of a core")
        if not 0 <= self.days <= RETURN_DAYS_MAX:
            msg = f"{self.days} days to return a core: expected 0 to {RETURN_DAYS_MAX}"
            raise TermsInvalid(msg)
        grades = [each.grade for each in self.grades]
        if not 0 < len(grades) <= GRADES_MAX or len(set(grades)) < len(grades):
            msg = f"{len(grades)} grades of a core: expected 1 to {GRADES_MAX}, each once"
            raise TermsInvalid(msg)
        pairs = [(each.old, each.new) for each in self.upgrades]
        if len(pairs) > UPGRADES_MAX or len(set(pairs)) < len(pairs):
            msg = f"{len(pairs)} upgrades: expected at most {UPGRADES_MAX}, each pair once"
            raise TermsInvalid(msg)

    def share_of(self, grade: str) -> Fraction:
        """Return g(grade), the share of the deposit that a grade is worth.

        Raises:
            TermsInvalid: when the terms do not know the grade.
        """
        for each in self.grades:
            if each.grade == grade:
                return each.percent / _PERCENT
        msg = f"a core of grade {grade}: expected one of {', '.join(g.grade for g in self.grades)}"
        raise TermsInvalid(msg)

    def upgrade_of(self, old: str, new: str) -> Decimal:
        """Return upgrade(old, new); nothing for the same model.

        Raises:
            TermsInvalid: when the terms do not know the pair.
        """
        if old == new:
            return Decimal(0)
        for each in self.upgrades:
            if (each.old, each.new) == (old, new):
                return each.amount
        msg = f"a core of model {old} came back for {new}: the terms do not exchange them"
        raise TermsInvalid(msg)
