"""Energy saving: a share of what was saved against a baseline."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.period import Period, format_instant, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import shown_quantity
from lineshaft.services.billing.pricing.part import Metered, Priced, PricedPart
from lineshaft.services.billing.proration import prorate
from lineshaft.services.contracts.model import (
    Baseline,
    EnergySavingPrice,
    SavingAdjustment,
    TermsInvalid,
)

_PERCENT = 100


class _Saving(msgspec.Struct, frozen=True):
    """The saving of one billed period: S = expected - measured + adjusted."""

    baseline: Baseline
    fixed: Fraction
    expected: Fraction
    measured: Fraction
    adjustments: tuple[tuple[SavingAdjustment, Fraction], ...]

    @property
    def saved(self) -> Fraction:
        adjusted = sum((amount for _, amount in self.adjustments), Fraction(0))
        return self.expected - self.measured + adjusted


def energy_saving(priced: Priced, price: EnergySavingPrice) -> tuple[PricedPart, ...]:
    """Charge share * max(0, S + carry) * tariff, with S = E_base(x) - E_meas + adjustments.

    E_base is the baseline that counts at the start of the period: its quantity per month, prorated,
    and b_i for each unit of a driver x_i, measured over all machines. What is below zero is carried
    to the next billed period of the contract year, at most `carry_max`. So the carry of a period
    follows from the periods before it (`Priced.before`), and from nothing that is kept anywhere.

    A period in which nothing was saved has its parts too: they say what is carried on.

    Example: (120,000 + 5,000 - 100,000) kWh * 0.20 * 30 % = 1,500.00.

    Raises:
        TermsInvalid: when no baseline counts at the start of a period.
        UnitMismatch: when the energy cannot be converted to the unit of the price exactly.
        NotWholeDays: by days, when the period or an adjustment cuts a civil day.
    """
    carried, parts = -price.carried_in, []
    for metered in priced.before:
        saving = _saving(metered, price, priced.zone)
        carried_on = _carried_on(saving.saved + carried, price)
        parts.append(_before(metered.period, saving, (carried, carried_on), price))
        carried = carried_on
    now = _saving(priced.now, price, priced.zone)
    return (*parts, *_said(now, priced.now.quantities, price), _charged(now, carried, price))


def _saving(metered: Metered, price: EnergySavingPrice, zone: ZoneInfo) -> _Saving:
    counting = [
        each for each in price.baselines if parse_instant(each.since) <= metered.period.start
    ]
    if not counting:
        msg = f"no baseline counts at the start of {metered.period}"
        raise TermsInvalid(msg)
    baseline = counting[-1]
    fixed = _prorated(baseline.quantity_per_month, metered.period, price, zone)
    drivers = sum(
        (metered.quantities[each.driver].amount * each.per_unit for each in baseline.weights),
        Fraction(0),
    )
    adjustments = []
    for each in price.adjustments:
        span = each.period.intersection(metered.period)
        if span is not None:
            adjustments.append((each, _prorated(each.quantity_per_month, span, price, zone)))
    measured = metered.quantity.to(price.unit).amount
    return _Saving(baseline, fixed, fixed + drivers, measured, tuple(adjustments))


def _prorated(
    per_month: Fraction, period: Period, price: EnergySavingPrice, zone: ZoneInfo
) -> Fraction:
    shares = prorate(per_month, period, zone, price.proration)
    return sum((share.amount for share in shares), Fraction(0))


def _carried_on(available: Fraction, price: EnergySavingPrice) -> Fraction:
    """Return what is left to be made up for: zero or below."""
    if not price.is_carried:
        return Fraction(0)
    most = available if price.carry_max is None else max(available, -price.carry_max)
    return min(Fraction(0), most)


def _before(
    period: Period, saving: _Saving, carry: tuple[Fraction, Fraction], price: EnergySavingPrice
) -> PricedPart:
    carried, carried_on = carry
    detail = {
        "baseline": _named(saving.baseline),
        "carried": _shown(carried, price),
        "carried_on": _shown(carried_on, price),
        "end": format_instant(period.end),
        "saved": _shown(saving.saved, price),
        "start": format_instant(period.start),
    }
    return PricedPart("saving_before", None, None, Fraction(0), detail=detail)


def _said(
    saving: _Saving, quantities: Mapping[str, Quantity], price: EnergySavingPrice
) -> list[PricedPart]:
    """Say the baseline and the adjustments of the period."""
    detail = {
        "baseline": _named(saving.baseline),
        "expected": _shown(saving.expected, price),
        "fixed": _shown(saving.fixed, price),
        "weights": [
            {
                "driver": each.driver,
                "per_unit": str(each.per_unit),
                "quantity": shown_quantity(quantities[each.driver]),
            }
            for each in saving.baseline.weights
        ],
    }
    said = [PricedPart("saving_baseline", None, None, Fraction(0), detail=detail)]
    for adjustment, amount in saving.adjustments:
        detail = {
            "adjustment": adjustment.id,
            "adjustment_kind": str(adjustment.kind),
            "adjusted": _shown(amount, price),
            "approved_at": adjustment.approved_at,
            "approved_by": adjustment.approved_by,
            "reason": adjustment.reason.to_content(),
        }
        said.append(PricedPart("saving_adjustment", None, None, Fraction(0), detail=detail))
    return said


def _charged(saving: _Saving, carried: Fraction, price: EnergySavingPrice) -> PricedPart:
    available = saving.saved + carried
    charged = max(Fraction(0), available)
    share = price.share_percent / _PERCENT
    detail = {
        "carried": _shown(carried, price),
        "carried_on": _shown(_carried_on(available, price), price),
        "measured": _shown(saving.measured, price),
        "saved": _shown(saving.saved, price),
        "share": str(share),
        "tariff": f"{price.tariff:f}",
    }
    amount = charged * share * Fraction(price.tariff)
    return PricedPart("saving", Quantity(charged, price.unit), None, amount, detail=detail)


def _named(baseline: Baseline) -> dict[str, Any]:
    return {"id": baseline.id, "version": baseline.version}


def _shown(amount: Fraction, price: EnergySavingPrice) -> dict[str, str]:
    return shown_quantity(Quantity(amount, price.unit))
