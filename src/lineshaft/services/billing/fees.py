"""The base fee of a document: of its own period, or of the one behind it in advance; pure."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import Period, zone_named
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import FeesAhead, LineKind, RatedLine
from lineshaft.services.billing.modifiers import Charge, modify, share_step
from lineshaft.services.billing.proration import prorate
from lineshaft.services.contracts.model import BaseFee, Contract, TermsInvalid

_MONTH = "MON"


def fees_ahead(contract: Contract, period: Period, said: FeesAhead | None) -> FeesAhead | None:
    """Return what a document bills in advance; None where fees are billed in arrears.

    Args:
        contract: the version that is in force.
        period: the service period.
        said: what follows from all versions of the contract; None: from this one alone.

    Raises:
        TermsInvalid: for fees that do not follow on the period, or beyond the contract.
    """
    if not contract.terms.are_fees_ahead:
        return None
    if said is None:
        return FeesAhead(contract.fees_after(period))
    fees = said.period
    follows = fees is None or fees.start in {period.end, period.start}
    if not follows or not (fees is None or contract.covers(fees)):
        msg = f"the document of {period} bills the fees of {fees} on contract {contract.id}: "
        msg += "expected those of the period behind it, within the contract"
        raise TermsInvalid(msg, contract=contract.id)
    return said


def fee_lines(contract: Contract, period: Period, fees: FeesAhead | None) -> list[RatedLine]:
    """Return the line of the base fee; no line where there is no fee, or none to bill in advance.

    Args:
        contract: the version that is in force.
        period: the service period.
        fees: of `fees_ahead`.
    """
    fee = contract.terms.base_fee
    if fee is None or (fees is not None and fees.period is None):
        return []
    if fees is None or fees.period is None:
        return [base_fee_line(contract, fee, period)]
    return [replace(base_fee_line(contract, fee, fees.period), period=fees.period)]


def base_fee_line(contract: Contract, fee: BaseFee, period: Period) -> RatedLine:
    """Prorate the base fee over a period, pauses left out, and modify it."""
    zone, paused = zone_named(contract.time_zone), contract.paused(period)
    shares = prorate(fee.amount_per_month, period, zone, fee.proration, paused)
    months = sum((share.part / share.whole * share.active for share in shares), Fraction(0))
    quantity = Quantity(months, _MONTH)
    exact = sum((share.amount for share in shares), Fraction(0))
    steps = [share_step(share, fee.proration, fee.amount_per_month) for share in shares]
    modified = modify(Charge(exact, quantity, period, zone, None), fee.modifiers)
    steps += modified.steps
    amount = round_line(modified.amount, contract.currency, steps)
    return RatedLine(
        id=fee.id,
        kind=LineKind.BASE_FEE,
        description=fee.description,
        quantity=quantity,
        steps=tuple(steps),
        exact=modified.amount,
        amount=amount,
        vat=contract.terms.vat,
        usage=(),
    )


def credited_fee(
    contract: Contract, period: Period, lines: Sequence[RatedLine], fees: FeesAhead | None
) -> RatedLine:
    """Return the base fee of the period itself, which its guarantees credit a share of."""
    fee = contract.terms.base_fee
    if fees is None or fee is None:
        return lines[0]
    return base_fee_line(contract, fee, period)


def round_line(exact: Fraction, currency: str, steps: list[dict[str, Any]]) -> Money:
    """Round an amount to the decimals of its currency, once, and say so."""
    amount = Money.rounded(exact, currency)
    steps.append(
        {
            "kind": "rounding",
            "rule": "half_away_from_zero",
            "decimals": currency_exponent(currency),
            "amount_exact": str(exact),
            "amount": f"{amount.amount:f}",
        }
    )
    return amount
