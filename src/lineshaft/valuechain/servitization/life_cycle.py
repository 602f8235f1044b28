"""The life cycle of a service line, and the alarm of the service paradox: advice, no decision.

Huang & Ma, sections 2.3, 3.1 and 3.3: a service begins inside a product, grows, stands on its own,
and feeds back into the product. The thresholds are of Lineshaft; the paper gives none.
"""

import itertools
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from lineshaft.core.classification import Binding
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.model import LifeStage
from lineshaft.valuechain.servitization.view import Sums, View, summed

YEAR_QUARTERS = 4
FALLING_QUARTERS = 3
"""Quarters one after the other of which the margin falls, for an alarm."""
COSTS_MORE = "it costs more than it earns"
FALLING = "its revenue grows while its margin falls"
_SOURCE = "Huang & Ma, sections 2.3, 3.1 and 3.3; the thresholds of the stages are of Lineshaft"
ALONE_IN_A_YEAR = Indicator(
    name="stand_alone_share_year",
    symbol="SA_4",
    unit="C62",
    formula="stand-alone revenue of the service line / its revenue, last four quarters",
    source=_SOURCE,
    range="[0, 1]",
)
MARGIN_IN_A_YEAR = Indicator(
    name="service_gross_margin_year",
    symbol="GM_4",
    unit="C62",
    formula="1 - cost of the service line / its revenue with a known cost, last four quarters",
    source=_SOURCE,
    range="(-inf, 1]",
)
GROWTH_IN_A_YEAR = Indicator(
    name="service_line_growth",
    symbol="G_4",
    unit="C62",
    formula="revenue of the service line in the last four quarters / in the four before - 1",
    source=_SOURCE,
    range="[-1, inf)",
)


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stage ends and the next begins, as shares of the revenue of the service line.

    Attributes:
        growing: stand-alone share from which it is no longer embedded.
        candidate: stand-alone share from which it may be spun off, if it pays for itself.
        independent: stand-alone share from which it lives without the product.
        feeding_back: growth in a year of what it earns together with products, from which it
            brings the product business along.
    """

    growing: Fraction = Fraction(1, 10)
    candidate: Fraction = Fraction(1, 2)
    independent: Fraction = Fraction(9, 10)
    feeding_back: Fraction = Fraction(1, 10)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service line stands.

    Attributes:
        stage: None where too little is known; then `missing` says what.
        stand_alone_share: of its revenue in the last four quarters.
        margin: of these; None where costs are not known.
        growth: of its revenue against the four quarters before; None without those.
    """

    service_line: str
    stage: LifeStage | None
    stand_alone_share: Fraction | None
    margin: Fraction | None
    growth: Fraction | None
    missing: str = ""


class MarginAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """A service line that earns less the more it sells, or that loses money.

    Attributes:
        quarters: that it is raised on, with the margin of each.
    """

    service_line: str
    reason: str
    quarters: tuple[tuple[str, Fraction], ...]


def standings(
    quarters: Sequence[View], thresholds: Thresholds | None = None
) -> tuple[Standing, ...]:
    """Say where each service line stands at the end of the last quarter.

    Args:
        quarters: one after the other; the last eight count.
        thresholds: those of Lineshaft for None.
    """
    names = sorted({name for view in quarters for name in view.service_lines()})
    given = thresholds or Thresholds()
    return tuple(_standing(name, quarters, given) for name in names)


def _standing(name: str, quarters: Sequence[View], thresholds: Thresholds) -> Standing:
    now = _year(quarters[-YEAR_QUARTERS:], service_line=name)
    before_quarters = quarters[-2 * YEAR_QUARTERS : -YEAR_QUARTERS]
    before = _year(before_quarters, service_line=name)
    is_before_known = len(before_quarters) == YEAR_QUARTERS and before.amount > 0
    growth = Fraction(now.amount) / before.amount - 1 if is_before_known else None
    margin = 1 - Fraction(now.cost) / now.costed if now.costed > 0 else None
    alone = _year(quarters[-YEAR_QUARTERS:], service_line=name, binding=Binding.STAND_ALONE.value)
    bound_now, bound_before = (
        _year(some, service_line=name, binding=Binding.PRODUCT_BOUND.value).amount
        for some in (quarters[-YEAR_QUARTERS:], before_quarters)
    )
    share = Fraction(alone.amount) / now.amount if now.amount > 0 else None
    missing = _missing(len(quarters), share, alone.amount + bound_now)
    if missing or share is None:
        return Standing(
            service_line=name,
            stage=None,
            stand_alone_share=share,
            margin=margin,
            growth=growth,
            missing=missing,
        )
    is_feeding = (
        is_before_known
        and bound_before > 0
        and Fraction(bound_now) / bound_before - 1 >= thresholds.feeding_back
    )
    stage, missing = _stage(share, margin, thresholds, is_feeding=is_feeding)
    return Standing(
        service_line=name,
        stage=stage,
        stand_alone_share=share,
        margin=margin,
        growth=growth,
        missing=missing,
    )


def _missing(quarters: int, share: Fraction | None, classified: int | Fraction) -> str:
    if quarters < YEAR_QUARTERS:
        return f"{YEAR_QUARTERS} quarters of revenue: there are {quarters}"
    if share is None or not 0 <= share <= 1:
        return "revenue above its credits in the last four quarters"
    return "" if classified > 0 else "binding of the services sold"


def _stage(
    share: Fraction, margin: Fraction | None, thresholds: Thresholds, *, is_feeding: bool
) -> tuple[LifeStage | None, str]:
    if share < thresholds.growing:
        return LifeStage.EMBEDDED, ""
    if share < thresholds.candidate:
        return LifeStage.GROWING, ""
    if margin is None:
        return None, "cost of what was sold: whether it pays for itself is not known"
    if margin < 0:
        return LifeStage.GROWING, ""
    if share < thresholds.independent:
        return LifeStage.SPIN_OFF_CANDIDATE, ""
    return (LifeStage.FEEDING_BACK if is_feeding else LifeStage.INDEPENDENT), ""


def alarms(quarters: Sequence[View]) -> tuple[MarginAlarm, ...]:
    """Return the service lines that the service paradox threatens.

    A line whose margin was below nothing in the last quarter, or whose margin fell in each of the
    last `FALLING_QUARTERS` while its revenue grew over them. Quarters without costs raise none.
    """
    names = sorted({name for view in quarters for name in view.service_lines()})
    found = (_alarm(name, quarters[-FALLING_QUARTERS - 1 :]) for name in names)
    return tuple(alarm for alarm in found if alarm is not None)


def _alarm(name: str, quarters: Sequence[View]) -> MarginAlarm | None:
    sums = [(view.period, view.service(service_line=name)) for view in quarters]
    known = [(period, each) for period, each in sums if each.costed > 0]
    margins = tuple((period, 1 - Fraction(each.cost) / each.costed) for period, each in known)
    if not margins or known[-1][0] != sums[-1][0]:
        return None
    if margins[-1][1] < 0:
        return MarginAlarm(
            service_line=name,
            reason=COSTS_MORE,
            quarters=margins[-1:],
        )
    values = [margin for _, margin in margins]
    is_falling = all(later < earlier for earlier, later in itertools.pairwise(values))
    is_whole = len(margins) == FALLING_QUARTERS + 1
    if is_whole and is_falling and known[-1][1].amount > known[0][1].amount:
        return MarginAlarm(
            service_line=name,
            reason=FALLING,
            quarters=margins,
        )
    return None


def _year(quarters: Sequence[View], **where: str) -> Sums:
    return summed(view.service(**where) for view in quarters)
