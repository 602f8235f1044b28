"""The arithmetic of service credits: from the value of an indicator to a share of the fee. Pure.

The value is an exact rational and is compared as such: what a display rounds decides nothing.
"""

import enum
import itertools
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Invalid

CREDIT_STEPS_MAX = 100


class Direction(enum.StrEnum):
    """On which side of the target a guarantee is kept; at the target exactly, it always is."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class CreditStep(msgspec.Struct, frozen=True):
    """Credit as a share of the credit base for values missed up to and including `until`.

    Attributes:
        until: None: for all that the steps before leave.
    """

    until: Fraction | None
    credit: Fraction


class CreditTerms(msgspec.Struct, frozen=True):
    """What a broken guarantee costs: by steps, or by a slope.

    Attributes:
        target: value that is promised, inclusive.
        steps: from the target away; the last has no end, so that each value has one.
        cap: largest credit as a share of the credit base.
        direction: on which side of the target the guarantee is kept.
        slope: share of the credit base for each 1 by which the target is missed; no steps then.
    """

    target: Fraction
    steps: tuple[CreditStep, ...]
    cap: Fraction
    direction: Direction = Direction.AT_LEAST
    slope: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse steps that leave a breach without a credit, or that contradict each other."""
        is_sound = self.target >= 0 and self.cap >= 0
        if self.slope is not None:
            is_sound = is_sound and self.slope > 0 and not self.steps
        else:
            is_sound = is_sound and self._are_steps_sound()
        if not is_sound:
            msg = (
                f"credit steps from a target of {self.target} on: expected 1 to {CREDIT_STEPS_MAX} "
                "in order, the last without an end, or a slope; credits and cap not negative"
            )
            raise Invalid(msg)

    def _are_steps_sound(self) -> bool:
        bounds = [step.until for step in self.steps]
        is_floor = self.direction is Direction.AT_LEAST
        if not 1 <= len(bounds) <= CREDIT_STEPS_MAX:
            return False
        if bounds[-1] is None:
            bounds.pop()
        elif not is_floor or bounds[-1] != 0:
            return False
        sign = -1 if is_floor else 1
        known = [sign * self.target, *(sign * each for each in bounds if each is not None)]
        return (
            len(known) == len(bounds) + 1
            and all(one < other for one, other in itertools.pairwise(known))
            and all(step.credit >= 0 for step in self.steps)
        )


def missed_by(value: Fraction | None, terms: CreditTerms) -> Fraction:
    """Return by how much a value misses the target; 0 at it, and where it is not applicable."""
    if value is None:
        return Fraction(0)
    is_floor = terms.direction is Direction.AT_LEAST
    return max(Fraction(0), terms.target - value if is_floor else value - terms.target)


def is_met(value: Fraction | None, terms: CreditTerms) -> bool:
    """Tell whether the guarantee is kept: at the target exactly it is; not applicable, it is."""
    return not missed_by(value, terms)


def credit_rate(value: Fraction | None, terms: CreditTerms) -> Fraction:
    """Return the credit as a share of the credit base, within the cap; 0 when the target is met.

    Example: target 90 %, at least 80 %: 5 %, below: 10 %; at 76.918 % the credit is 1/10. With a
    slope of 2 % of the fee for each point that is missed, 98 % promised and 96.5 % reached: 3 %.
    """
    missed = missed_by(value, terms)
    if value is None or not missed:
        return Fraction(0)
    if terms.slope is not None:
        return min(terms.slope * missed, terms.cap)
    sign = -1 if terms.direction is Direction.AT_LEAST else 1
    step = next(
        step for step in terms.steps if step.until is None or sign * value <= sign * step.until
    )
    return min(step.credit, terms.cap)


def granted_rates(rates: Sequence[tuple[str, Fraction]], cap: Fraction) -> list[Fraction]:
    """Tell what is granted of each credit: one per exclusivity group, its largest; then the cap.

    So no second is penalised twice in a group. Of equal credits of a group the first is granted;
    the cap takes from the last ones.

    Args:
        rates: exclusivity group and credit as a share of the credit base.
        cap: largest sum.
    """
    best: dict[str, int] = {}
    for place, (group, rate) in enumerate(rates):
        if group not in best or rate > rates[best[group]][1]:
            best[group] = place
    granted: list[Fraction] = []
    left = cap
    for place, (group, rate) in enumerate(rates):
        granted.append(min(rate, left) if best[group] == place else Fraction(0))
        left -= granted[-1]
    return granted


def credit_amount(base: Fraction, rate: Fraction) -> Fraction:
    """Return the unrounded credit on a net amount: zero or negative, as a document line is."""
    return -base * rate
