"""Lease: a fixed instalment each month for each machine, in advance or in arrears."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET

from lineshaft.core.money import currency_exponent
from lineshaft.core.period import (
    Instant,
    Period,
    anchored_period,
    format_instant,
    parse_instant,
    to_datetime,
)
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.pricing.lease_interest import split_instalments
from lineshaft.services.billing.pricing.part import Instalment, Priced, PricedPart
from lineshaft.services.contracts.model import Contract, LeaseDue, LeasePrice, Price


def lease(priced: Priced, price: LeasePrice) -> tuple[PricedPart, ...]:
    """Charge each instalment that is due in the billed period, a part for each machine.

    So each machine's share of a fleet is shown. Instalments are due whole: what part of a month is
    billed does not matter, and each is due in exactly one period.

    Example: two machines at 900.00 in advance are 1,800.00 on the first day of each month.
    """
    parts = []
    for each in priced.instalments:
        for machine in each.machines:
            amount = price.instalment_of(machine)
            detail: dict[str, Any] = {
                "due_at": format_instant(each.due_at),
                "machine": machine,
                "months": price.months,
                "number": each.number,
            }
            if each.number == price.months:
                detail |= _at_the_end(price)
            detail |= _interest(price, amount, each)
            one = Quantity(Fraction(1), "C62")
            parts.append(PricedPart("instalment", one, amount, Fraction(amount), detail=detail))
    return tuple(parts)


def instalments_of(
    contract: Contract, price: LeasePrice, period: Period, zone: ZoneInfo
) -> tuple[Instalment, ...]:
    """Return the instalments that are due in a period, with the machines that then serve.

    In advance, one is due at the first instant of its month; in arrears, at the end of the month
    and in the period that ends there: the machines are those that served until then.
    """
    since = contract.starts_at if price.since is None else parse_instant(price.since)
    found = []
    for number, month in _months(since, price.months, period, zone):
        is_ahead = price.due is LeaseDue.ADVANCE
        due_at = max(month.start, since) if is_ahead else month.end
        judged = due_at if is_ahead else Instant(due_at - 1)
        if period.contains(judged):
            slots = contract.slots(Period(judged, Instant(judged + 1)))
            machines = tuple(slot.machine for slot in slots)
            decimals = currency_exponent(contract.currency)
            found.append(Instalment(number, due_at, machines, month, decimals))
    return tuple(found)


def leased_months(price: Price, instalments: Sequence[Instalment]) -> Period | None:
    """Return the months that instalments are for; None for none, and but for a lease of a class."""
    months = [each.month for each in instalments if each.machines]
    if not isinstance(price, LeasePrice) or price.classification is UNSET or not months:
        return None
    return Period(months[0].start, months[-1].end)


def bought(price: LeasePrice, period: Period) -> tuple[PricedPart, ...]:
    """Charge the purchase option of each machine that is bought in a period, or at its end."""
    one = Quantity(Fraction(1), "C62")
    amount = price.purchase_option or Decimal(0)
    return tuple(
        PricedPart(
            "purchase",
            one,
            amount,
            Fraction(amount),
            detail={"machine": each.machine, "at": each.at},
        )
        for each in price.bought
        if period.contains(Instant(parse_instant(each.at) - 1))
    )


def _months(
    since: Instant, months: int, period: Period, zone: ZoneInfo
) -> Iterator[tuple[int, Period]]:
    first = to_datetime(since, zone).date()
    for number in range(months):
        month = anchored_period(first, number, zone)
        if month.start > period.end:
            return
        if month.end >= period.start:
            yield number + 1, month


def _interest(price: LeasePrice, amount: Decimal, each: Instalment) -> dict[str, str]:
    """Say what of an instalment of a finance lease is interest, and what is still in the lease."""
    split = split_instalments(price, amount, each.decimals)
    if not split:
        return {}
    said = split[each.number - 1]
    return {
        "balance": f"{said.balance:f}",
        "interest": f"{said.interest:f}",
        "principal": f"{said.principal:f}",
    }


def _at_the_end(price: LeasePrice) -> dict[str, str]:
    """Say with the last instalment what the machine is worth, and what it may be bought for."""
    said = {"residual": price.residual, "purchase_option": price.purchase_option}
    return {name: f"{amount:f}" for name, amount in said.items() if amount is not None}
