"""From contract, period and usage to lines and totals: a pure function, in exact arithmetic.

The same function runs when a document is issued and when somebody verifies it offline; given the
same contract, period, knowledge time, usage records and engine it gives the same bytes.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from lineshaft.core.money import Money, currency_exponent, total
from lineshaft.core.period import Instant, Period, zone_named
from lineshaft.core.quantity import Quantity, conversion_factor
from lineshaft.services.billing.availability import guarantee_result
from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.model import (
    Engine,
    GuaranteeResult,
    LineKind,
    RatedDocument,
    RatedLine,
    Totals,
    VatGroup,
    shown_quantity,
)
from lineshaft.services.billing.pricing import PricedPart, price_usage
from lineshaft.services.billing.proration import MonthShare, prorate
from lineshaft.services.billing.statements import statements
from lineshaft.services.contracts.model import (
    BaseFee,
    Contract,
    FlatPrice,
    Guarantee,
    TermsInvalid,
    UsagePrice,
    credit_amount,
)
from lineshaft.services.metering.model import UsageRecord

Steps = list[dict[str, Any]]

_MONTH = "MON"
_ONE = "C62"


def rate(
    contract: Contract,
    period: Period,
    known_at: Instant,
    usage: Sequence[UsageRecord],
    engine: Engine,
) -> RatedDocument:
    """Rate a period: base fee, usage, credit; one rounding for each line, then exact sums.

    Args:
        contract: the version that is in force over the whole period.
        period: the service period.
        known_at: what was known when; the same as in every usage record.
        usage: one record for each of `contract.meters()`, in that order.
        engine: what computes it; goes into the document.

    Raises:
        UsageMismatch: when the records are of other meters, periods or knowledge times.
        TermsInvalid: when the period is not within the contract.
        NotWholeDays: when a fee by days meets a period that cuts a day.
    """
    _check(contract, period, known_at, usage)
    lines = _lines(contract, period, usage)
    result = guarantee_result(contract, usage)
    guarantee = contract.terms.guarantee
    if guarantee is not None and result is not None and result.credit:
        lines.append(_credit_line(contract, guarantee, lines[0], result))
    return RatedDocument(
        contract=contract,
        period=period,
        known_at=known_at,
        engine=engine,
        usage=tuple(usage),
        lines=tuple(lines),
        guarantee=result,
        totals=sum_up(lines, contract.currency),
        statements=statements(usage, contract.meter_names(), result),
    )


def sum_up(lines: Sequence[RatedLine], currency: str) -> Totals:
    """Add the lines; tax is rounded once for each group, from the exact sum of its lines.

    EN 16931-1 BR-CO-10, -13, -14, -15 and -17, with no tolerance at all. Half away from zero also
    below zero: -6,491.34 at 25 % are -1,622.84.
    """
    net = total([line.amount for line in lines], currency)
    groups: list[VatGroup] = []
    for vat in dict.fromkeys(line.vat for line in lines):
        base = total([line.amount for line in lines if line.vat == vat], currency)
        tax = Money.rounded(base.as_fraction() * vat.rate / 100, currency)
        groups.append(VatGroup(vat, base, tax))
    gross = total([net, *(group.amount for group in groups)], currency)
    return Totals(net, tuple(groups), gross)


def _check(
    contract: Contract, period: Period, known_at: Instant, usage: Sequence[UsageRecord]
) -> None:
    if not contract.covers(period):
        msg = f"cannot bill {period} on contract {contract.id}: it begins at {contract.start}" + (
            f" and ends at {contract.end}" if contract.end else ""
        )
        raise TermsInvalid(msg)
    wanted = contract.meters()
    if tuple(record.meter for record in usage) != wanted:
        msg = (
            f"contract {contract.id} bills from {len(wanted)} meters: expected one usage record "
            f"for each, in their order, got {len(usage)}"
        )
        raise UsageMismatch(msg)
    for record in usage:
        if record.period != period or record.known_at != known_at:
            msg = (
                f"the usage of {record.meter.id} is of {record.period}: expected {period}, and "
                "the same knowledge time for all"
            )
            raise UsageMismatch(msg)


def _lines(contract: Contract, period: Period, usage: Sequence[UsageRecord]) -> list[RatedLine]:
    fee = contract.terms.base_fee
    lines = [] if fee is None else [_base_fee_line(contract, fee, period)]
    machines = len(contract.machines)
    for i, price in enumerate(contract.terms.usage_prices):
        places = range(i * machines, (i + 1) * machines)
        line = _usage_line(contract, price, [(place, usage[place]) for place in places])
        lines += [] if line is None else [line]
    return lines


def _base_fee_line(contract: Contract, fee: BaseFee, period: Period) -> RatedLine:
    zone = zone_named(contract.time_zone)
    shares = prorate(fee.amount_per_month, period, zone, fee.proration)
    months = sum((share.part / share.whole for share in shares), Fraction(0))
    exact = sum((share.amount for share in shares), Fraction(0))
    steps = [_share_step(fee, share) for share in shares]
    amount = _round(exact, contract.currency, steps)
    return RatedLine(
        id=fee.id,
        kind=LineKind.BASE_FEE,
        description=fee.description,
        quantity=Quantity(months, _MONTH),
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=contract.terms.vat,
        usage=(),
    )


def _usage_line(
    contract: Contract, price: UsagePrice, records: Sequence[tuple[int, UsageRecord]]
) -> RatedLine | None:
    """Add the usage of all machines, then price it: tiers run over the sum.

    Nothing to charge is no line; the usage record stays in the document all the same.
    """
    usage = Quantity(Fraction(0), price.meter.unit)
    steps: Steps = []
    for place, record in records:
        usage += record.quantity
        steps.append({"kind": "usage", "usage": place, "quantity": shown_quantity(record.quantity)})
    if len(records) > 1:
        steps.append({"kind": "sum", "quantity": shown_quantity(usage)})
    charged = usage if isinstance(price.price, FlatPrice) else usage.to(price.price.unit)
    if charged.unit != usage.unit:
        factor = conversion_factor(usage.unit, charged.unit)
        steps.append(
            {"kind": "conversion", "factor": str(factor), "quantity": shown_quantity(charged)}
        )
    parts = price_usage(usage, price.price)
    if not parts:
        return None
    steps += [_part_step(part) for part in parts]
    exact = sum((part.amount for part in parts), Fraction(0))
    amount = _round(exact, contract.currency, steps)
    return RatedLine(
        id=price.id,
        kind=LineKind.USAGE,
        description=price.description,
        quantity=charged,
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=contract.terms.vat,
        usage=tuple(place for place, _ in records),
    )


def _credit_line(
    contract: Contract, guarantee: Guarantee, base: RatedLine, result: GuaranteeResult
) -> RatedLine:
    """Credit a share of the exact base fee of the same period, net of tax."""
    exact = credit_amount(base.exact, result.credit)
    steps: Steps = [
        {
            "kind": "credit",
            "base_line": base.id,
            "base_exact": str(base.exact),
            "share": str(result.credit),
            "amount_exact": str(exact),
        }
    ]
    amount = _round(exact, contract.currency, steps)
    return RatedLine(
        id=guarantee.id,
        kind=LineKind.SERVICE_CREDIT,
        description=guarantee.description,
        quantity=Quantity(Fraction(1), _ONE),
        steps=tuple(steps),
        exact=exact,
        amount=amount,
        vat=contract.terms.vat,
        usage=result.usage,
    )


def _share_step(fee: BaseFee, share: MonthShare) -> dict[str, Any]:
    return {
        "kind": "proration",
        "basis": str(fee.proration),
        "month": share.month,
        "part": str(share.part),
        "whole": str(share.whole),
        "unit": share.unit,
        "amount_per_month": f"{fee.amount_per_month:f}",
        "amount_exact": str(share.amount),
    }


def _part_step(part: PricedPart) -> dict[str, Any]:
    step: dict[str, Any] = {
        "kind": part.kind,
        "unit_price": f"{part.unit_price:f}",
        "amount_exact": str(part.amount),
    }
    if part.quantity is not None:
        step["quantity"] = shown_quantity(part.quantity)
    if part.above is not None:
        step["above"] = str(part.above)
        step["up_to"] = None if part.up_to is None else str(part.up_to)
    return step


def _round(exact: Fraction, currency: str, steps: Steps) -> Money:
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
