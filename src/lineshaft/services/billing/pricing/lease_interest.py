"""What of each instalment of a finance lease is interest, by the effective interest method; exact.

IFRS 16, paragraphs 68 and 75: a constant rate of return on what the lessor still has in the lease.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import msgspec

from lineshaft.core.money import round_half_away
from lineshaft.services.contracts.model import LeaseDue, LeasePrice

_MONTHS_AND_PERCENT = 12 * 100


class SplitInstalment(msgspec.Struct, frozen=True):
    """An instalment of one machine, to the unit of the currency.

    Attributes:
        balance: what the lessor still has in the lease behind it.
    """

    interest: Decimal
    principal: Decimal
    balance: Decimal


@lru_cache(maxsize=1_024)
def split_instalments(
    price: LeasePrice, instalment: Decimal, decimals: int
) -> tuple[SplitInstalment, ...]:
    """Split every instalment of a machine; nothing for a lease without a rate.

    The net investment is the present value of the instalments and of the residual value, at a
    twelfth of the yearly rate for each month, rounded once. Interest is rounded month by month; the
    last instalment takes the remainder, so that the residual value is what is left. In advance that
    is discounted by the month that follows the last instalment.

    Example: 3 instalments of 340.02 in arrears at 12 % are worth 999.99; their interest is 10.00,
    6.70 and 3.37, their principal 330.02, 333.32 and 336.65.

    Args:
        price: of the lease.
        instalment: of the machine.
        decimals: of the currency.
    """
    if price.annual_rate_percent is None:
        return ()
    rate = price.annual_rate_percent / _MONTHS_AND_PERCENT
    is_ahead = price.due is LeaseDue.ADVANCE
    residual = Fraction(price.residual or 0)
    left = round_half_away(residual / (1 + rate) if is_ahead else residual, decimals)
    balance = round_half_away(_present_value(price, instalment, rate), decimals)
    amount = round_half_away(Fraction(instalment), decimals)
    found = []
    for number in range(1, price.months + 1):
        has_run = number > 1 or not is_ahead
        interest = round_half_away(Fraction(balance) * rate if has_run else Fraction(0), decimals)
        if number == price.months:
            interest = amount - (balance - left)
        balance -= amount - interest
        found.append(SplitInstalment(interest, amount - interest, balance))
    return tuple(found)


def _present_value(price: LeasePrice, instalment: Decimal, rate: Fraction) -> Fraction:
    """Return what instalments and residual value are worth at the start."""
    value = Fraction(price.residual or 0)
    for _ in range(price.months):
        if price.due is LeaseDue.ADVANCE:
            value = value / (1 + rate) + Fraction(instalment)
        else:
            value = (value + Fraction(instalment)) / (1 + rate)
    return value
