"""The digital channel and the attribution as figures: what revenue and connections link to."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.valuechain.channels.accounting import Accounts, Factor, Unit
from lineshaft.valuechain.channels.attribution import (
    Claim,
    Panel,
    RollOutEffect,
    claim,
    panel_of,
)
from lineshaft.valuechain.channels.digital import DigitalRevenue, LinkedLine, digital_revenue
from lineshaft.valuechain.channels.figures import Channel, Sheet, in_currency
from lineshaft.valuechain.channels.indicators import (
    before_after_change,
    digital_revenue_change,
    digital_share,
    roll_out_effect,
    roll_out_event,
    roll_out_placebo,
)
from lineshaft.valuechain.channels.indicators import digital_revenue as digital_revenue_member
from lineshaft.valuechain.channels.model import (
    ChannelBooks,
    Metered,
    quarter_named,
    quarter_number,
    quarter_of,
    quarters_between,
)
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.errors import CurrenciesMixed
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind

FIRM: Unit = ("", "")
DIGITAL = (Channel.DIGITAL, digital_revenue_member.INDICATOR)
EFFECT = (Channel.ATTRIBUTION, roll_out_effect.INDICATOR)
PLACEBO = (Channel.ATTRIBUTION, roll_out_placebo.INDICATOR)
EVENT = (Channel.ATTRIBUTION, roll_out_event.INDICATOR)
BEFORE_AFTER = (Channel.ATTRIBUTION, before_after_change.INDICATOR)


class Revenue(msgspec.Struct, frozen=True):
    """What the firm billed.

    Attributes:
        table: where the lines are from, for people.
        lines: of every document.
        metered: usage and machines behind them that the books do not have.
    """

    table: str
    lines: Sequence[RevenueLine]
    metered: Metered = msgspec.field(default_factory=Metered)


class Outcome(StrEnum):
    """What the effect of a roll-out is looked for in."""

    LABOUR_PRODUCTIVITY = "labour_productivity"
    QUALITY_RATIO = "quality_ratio"


def add_digital(sheet: Sheet, books: ChannelBooks, revenue: Revenue) -> tuple[LinkedLine, ...]:
    """Add the revenue of the digital channel by site and quarter.

    Returns:
        All lines of stand-alone service revenue with what they were joined to.

    Raises:
        CurrenciesMixed: for service revenue in several currencies.
    """
    without = [name for name in ("usage", "machines") if not getattr(books, name)]
    if not revenue.lines:
        without.insert(0, "revenue")
    if without:
        sheet.missing(DIGITAL, (FIRM, ""), "there is no " + ", ".join(without))
        return ()
    services = [line for line in revenue.lines if line.kind is SoldKind.SERVICE]
    currencies = sorted({line.currency for line in services})
    if len(currencies) > 1:
        msg = f"service revenue in {', '.join(currencies)}: expected lines of one currency"
        raise CurrenciesMixed(msg)
    found = digital_revenue(services, books)
    days = [line.date for line in revenue.lines]
    quarters = quarters_between(quarter_of(min(days)), quarter_of(max(days)))
    for unit in sorted({unit for unit, _ in found}):
        for quarter in quarters:
            now = found.get((unit, quarter), DigitalRevenue())
            number = quarter_number(quarter)
            before = found.get((unit, quarter_named(number - 1)), DigitalRevenue())
            is_first = quarter == quarters[0]
            changed = None if is_first else digital_revenue_change.value(now, before)
            place = (unit, quarter)
            _add_revenue(sheet, place, (now, changed), (currencies[0], f"{revenue.table}, usage"))
    return tuple(line for (unit, _), each in found.items() if unit == FIRM for line in each.lines)


def _add_revenue(
    sheet: Sheet,
    place: tuple[Unit, str],
    found: tuple[DigitalRevenue, Decimal | None],
    said: tuple[str, str],
) -> None:
    (now, changed), (currency, table) = found, said
    known = now.service - now.unclassified
    coverage = Fraction(known) / Fraction(now.service) if now.service else Fraction(1)
    carried: dict[str, Any] = {
        "coverage": min(max(coverage, Fraction(0)), Fraction(1)),
        "table": table,
    }
    of_money = (Channel.DIGITAL, in_currency(DIGITAL[1], currency))
    sheet.add(of_money, place, digital_revenue_member.value(now), **carried)
    change = (Channel.DIGITAL, in_currency(digital_revenue_change.INDICATOR, currency))
    if changed is None:
        sheet.missing(change, place, "no quarter before")
    else:
        sheet.add(change, place, changed, **carried)
    share = digital_share.value(now)
    indicator = (Channel.DIGITAL, digital_share.INDICATOR)
    if share is None:
        sheet.missing(indicator, place, "no revenue of stand-alone services")
    else:
        sheet.add(indicator, place, share, **carried)


def add_attribution(
    sheet: Sheet, books: ChannelBooks, accounts: Accounts, outcome: Outcome
) -> Claim:
    """Add the effect of the roll-out on an outcome, with its placebo; say what may be claimed.

    Raises:
        ExtraMissing: without the extra that has SciPy.
    """
    tables = ("roll_out", "output", "hours")
    needed = tables if outcome is Outcome.LABOUR_PRODUCTIVITY else tables[:2]
    without = [name for name in needed if not getattr(books, name)]
    connected = {
        (each.site, each.line): quarter_number(quarter_of(each.connected_on))
        for each in books.roll_out
        if each.connected_on is not None
    }
    values = {} if without else _outcomes(accounts, outcome)
    if not values or not connected:
        what = "the books have no " + ", ".join(without)
        what = what if without else "no line is connected, or none has an outcome"
        sheet.missing(EFFECT, (FIRM, ""), what)
        return Claim.NOT_MEASURED
    panel = panel_of(values, connected)
    span = f"{accounts.quarters[0]}..{accounts.quarters[-1]}"
    effect = _added(sheet, EFFECT, (span, outcome), lambda: roll_out_effect.value(panel))
    placebo = _added(sheet, PLACEBO, (span, outcome), lambda: roll_out_placebo.value(panel))
    _add_events(sheet, panel, span)
    change = before_after_change.value(panel)
    if change is None:
        sheet.missing(BEFORE_AFTER, (FIRM, span), "no line is known before and after")
    else:
        sheet.add(BEFORE_AFTER, (FIRM, span), change, of=outcome)
    return claim(effect, placebo)


def _add_events(sheet: Sheet, panel: Panel, span: str) -> None:
    """Add the effect by quarter from the connection, such as `+2`."""
    for event, found in roll_out_event.value(panel).items():
        place, of = (FIRM, span), f"{event:+d}"
        if isinstance(found, str):
            sheet.add(EVENT, place, None, of=of, missing=found)
        else:
            said = {"low": found.low, "high": found.high, "coverage": found.coverage}
            sheet.add(EVENT, place, found.value, of=of, **said)


def _outcomes(accounts: Accounts, outcome: Outcome) -> dict[tuple[Unit, int], float]:
    found = {}
    for line in accounts.lines:
        for quarter in accounts.quarters:
            place = (line, quarter)
            good, bad = accounts.good.get(place, 0), accounts.bad.get(place, 0)
            hours = accounts.of(line, quarter, Factor.LABOUR).volume
            made = accounts.made.get(place, Fraction(0))
            number = quarter_number(quarter)
            if outcome is Outcome.QUALITY_RATIO and good + bad > 0:
                found[line, number] = float(Fraction(good, good + bad))
            elif outcome is Outcome.LABOUR_PRODUCTIVITY and min(made, hours) > 0:
                found[line, number] = math.log(made / hours)
    return found


def _added(
    sheet: Sheet,
    indicator: tuple[Channel, Indicator],
    said: tuple[str, Outcome],
    estimate: Callable[[], RollOutEffect],
) -> RollOutEffect | None:
    """Add an estimate, or why there is none."""
    span, outcome = said
    try:
        found = estimate()
    except TooThin as error:
        sheet.missing(indicator, (FIRM, span), str(error))
        return None
    carried = {"low": found.low, "high": found.high, "coverage": found.coverage}
    sheet.add(indicator, (FIRM, span), found.value, of=outcome, **carried)
    return found
