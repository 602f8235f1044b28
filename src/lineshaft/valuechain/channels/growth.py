"""The capital and the technology channel as figures: of lines, of sites and of the firm."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from lineshaft.valuechain.channels.accounting import (
    Accounts,
    Change,
    Estimate,
    Factor,
    Unit,
    Unmeasured,
)
from lineshaft.valuechain.channels.figures import Channel, Sheet, mean_with_interval
from lineshaft.valuechain.channels.indicators import (
    efficiency_change,
    factor_contribution,
    frontier_shift,
    hours_released,
    malmquist_index,
    substitution_effect,
    total_factor_productivity,
)
from lineshaft.valuechain.channels.malmquist import LINES_MAX, Observed, lines_needed, malmquist
from lineshaft.valuechain.channels.model import ChannelBooks, quarter_named, quarter_number
from lineshaft.valuechain.channels.released import Released, released_by_line

SUBSTITUTION = (Channel.CAPITAL, substitution_effect.INDICATOR)
CONTRIBUTION = (Channel.CAPITAL, factor_contribution.INDICATOR)
RELEASED = (Channel.CAPITAL, hours_released.INDICATOR)
GROWTH = (Channel.TECHNOLOGY, total_factor_productivity.INDICATOR)
MALMQUIST = (Channel.TECHNOLOGY, malmquist_index.INDICATOR)
OUTPUTS = 1
FIRM: Unit = ("", "")


def add_growth(sheet: Sheet, accounts: Accounts) -> None:
    """Add the substitution effect with its factors, and the growth of total factor productivity."""
    if accounts.missing:
        for indicator in (SUBSTITUTION, GROWTH):
            sheet.missing(indicator, (FIRM, ""), _without(accounts.missing))
        return
    for unit in accounts.units:
        found: dict[str, Change] = {}
        for quarter in accounts.quarters[1:]:
            change = accounts.change(unit, quarter)
            if isinstance(change, Unmeasured):
                for indicator in (SUBSTITUTION, GROWTH):
                    sheet.missing(indicator, (unit, quarter), change.missing)
                continue
            found[quarter] = change
            _add_change(sheet, (unit, quarter), change, accounts.coverage(unit, quarter))
        _add_means(sheet, unit, found, len(accounts.quarters) - 1)


def _add_change(sheet: Sheet, place: tuple[Unit, str], change: Change, coverage: Fraction) -> None:
    of_all = substitution_effect.value(change)
    # It is substitution when IT and services rose against output and the others fell.
    pattern = "substitution" if change.is_substitution else ""
    sheet.add(SUBSTITUTION, place, **_estimated(of_all, coverage), of=pattern)
    for factor in Factor:
        if factor in change.inputs:
            term = factor_contribution.value(change, factor)
            sheet.add(CONTRIBUTION, place, **_estimated(term, coverage), of=factor)
    found = total_factor_productivity.value(change)
    sheet.add(GROWTH, place, **_estimated(found, coverage))


def _estimated(found: Estimate, coverage: Fraction) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "coverage": coverage}


def _add_means(sheet: Sheet, unit: Unit, found: dict[str, Change], quarters: int) -> None:
    for indicator, member in (
        (SUBSTITUTION, substitution_effect),
        (GROWTH, total_factor_productivity),
    ):
        mean = mean_with_interval([member.value(change).value for change in found.values()])
        if mean is not None:
            span = f"{min(found)}..{max(found)}"
            coverage = Fraction(len(found), quarters)
            sheet.add(indicator, (unit, span), of="mean of quarters", **_estimated(mean, coverage))


def add_released(sheet: Sheet, books: ChannelBooks, accounts: Accounts) -> None:
    """Add the hours that monitoring released, and where they went."""
    without = tuple(name for name in ("hours", "output") if not getattr(books, name))
    if without:
        sheet.missing(RELEASED, (FIRM, ""), _without(without))
        return
    if not any(each.is_monitored for each in books.hours):
        sheet.missing(RELEASED, (FIRM, ""), "the table hours names no monitored activity")
        return
    by_line = released_by_line(books, accounts)
    for unit in accounts.units:
        for quarter in accounts.quarters[1:]:
            lines = accounts.lines_of(unit)
            parts = [by_line[line, quarter] for line in lines if (line, quarter) in by_line]
            if not parts:
                what = "no line of it made something and booked hours in both quarters"
                sheet.missing(RELEASED, (unit, quarter), what)
                continue
            total = sum(parts, Released(Fraction(0), {}, Fraction(0)))
            _add_flows(sheet, (unit, quarter), total, Fraction(len(parts), len(lines)))


def _add_flows(sheet: Sheet, place: tuple[Unit, str], found: Released, coverage: Fraction) -> None:
    sheet.add(RELEASED, place, hours_released.value(found), coverage=coverage)
    for activity, hours in found.to.items():
        sheet.add(RELEASED, place, hours, of=f"to {activity}", coverage=coverage)
    if found.left:
        sheet.add(RELEASED, place, found.left, of="to no activity of it", coverage=coverage)


def add_malmquist(sheet: Sheet, accounts: Accounts) -> dict[str, str]:
    """Add the Malmquist index and its parts where there are enough comparable lines.

    Returns:
        By quarter which method its technology channel is computed with, and why.

    Raises:
        ExtraMissing: without the extra that has SciPy.
    """
    if accounts.missing:
        return {}
    return {quarter: _add_malmquist(sheet, accounts, quarter) for quarter in accounts.quarters[1:]}


def _add_malmquist(sheet: Sheet, accounts: Accounts, quarter: str) -> str:
    pair = (quarter_named(quarter_number(quarter) - 1), quarter)
    rows = {line: [_measures(accounts, line, when) for when in pair] for line in accounts.lines}
    rows = {line: both for line, both in rows.items() if all(both)}
    has_energy = bool(rows) and all(each[-1] > 0 for both in rows.values() for each in both)
    inputs = 4 if has_energy else 3
    needed = lines_needed(inputs, OUTPUTS)
    counted = f"{len(rows)} comparable lines, {needed} needed for {inputs} inputs and one output"
    if len(rows) > LINES_MAX:
        counted += f", {LINES_MAX} at most"
    if not needed <= len(rows) <= LINES_MAX:
        sheet.missing(MALMQUIST, (FIRM, quarter), counted)
        return f"growth accounting: {counted}"
    before, after = (
        Observed(
            np.array([both[place][1 : 1 + inputs] for both in rows.values()]),
            np.array([both[place][:1] for both in rows.values()]),
        )
        for place in range(len(pair))
    )
    coverage = Fraction(len(rows), len(accounts.lines))
    found = malmquist(before, after)
    for member in (malmquist_index, efficiency_change, frontier_shift):
        indicator = (Channel.TECHNOLOGY, member.INDICATOR)
        values = [member.value(each) for each in found]
        for line, value in zip(rows, values, strict=True):
            sheet.add(indicator, (line, quarter), value, coverage=Fraction(1))
        mean = mean_with_interval([math.log(value) for value in values])
        if mean is not None:
            said = {name: math.exp(getattr(mean, name)) for name in ("value", "low", "high")}
            place = (FIRM, quarter)
            sheet.add(indicator, place, **said, of="geometric mean of lines", coverage=coverage)
    return f"Malmquist: {counted}"


def _measures(accounts: Accounts, line: Unit, quarter: str) -> list[float]:
    """Return output, hours, capital, what was bought, and energy; nothing where one lacks."""
    volumes = {factor: accounts.of(line, quarter, factor).volume for factor in Factor}
    capital = volumes[Factor.OPERATING_CAPITAL] + volumes[Factor.IT_CAPITAL]
    bought = volumes[Factor.SERVICES] + volumes[Factor.MATERIALS]
    made = accounts.made.get((line, quarter), Fraction(0))
    found = [made, volumes[Factor.LABOUR], capital, bought]
    if min(found) <= 0:
        return []
    return [float(each) for each in (*found, accounts.energy.get((line, quarter)) or 0)]


def _without(tables: tuple[str, ...]) -> str:
    return "the books have no " + ", ".join(tables)
