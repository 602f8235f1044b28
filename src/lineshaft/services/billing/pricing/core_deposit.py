"""Core deposit: charged on delivery, given back by grade when the used part comes in time."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec

from lineshaft.core.period import Instant, Period, day_start, format_instant, to_datetime
from lineshaft.services.billing.pricing.part import Priced, PricedPart
from lineshaft.services.contracts.model import CoreDepositPrice
from lineshaft.services.facts.model import Core


class _Closed(msgspec.Struct, frozen=True):
    """A core that came back or was lost: the deposit does not stand any more."""

    core: Core
    at: Instant
    is_in_time: bool


def core_deposit(priced: Priced, price: CoreDepositPrice) -> tuple[PricedPart, ...]:
    """Charge the deposit of each part delivered, and take off that of each core that is closed.

    So the sum of these lines over all periods is the deposit of the open cores: what is owed to the
    customer. What is kept of a closed core is a line of its own, see `core_kept`.

    Example: 700.00 for a delivery; on its return in time -700.00, and 350.00 are kept at 50 %.
    """
    period, deposit = priced.now.period, Fraction(price.deposit)
    parts = [
        PricedPart("core_delivered", None, None, deposit, detail=_delivered(core, price))
        for core in priced.cores
        if period.contains(core.delivered_at)
    ]
    for closed in _closed(priced.cores, period, priced.zone, price.days):
        said = {"core": closed.core.id, "closed_at": format_instant(closed.at)}
        parts.append(PricedPart("core_closed", None, None, -deposit, detail=said))
    return tuple(parts)


def core_kept(priced: Priced, price: CoreDepositPrice) -> tuple[PricedPart, ...]:
    """Charge what is kept of the deposit of each core that is closed: D - refund.

    A core that did not come by the end of its last day is lost then: all of the deposit is kept,
    and nothing follows from it if it comes later.
    """
    parts = []
    for closed in _closed(priced.cores, priced.now.period, priced.zone, price.days):
        core, returned = closed.core, closed.core.returned
        said = {"core": core.id, "deposit": f"{price.deposit:f}"}
        if returned is None or not closed.is_in_time:
            kept = Fraction(price.deposit)
            parts.append(PricedPart("core_lost", None, None, kept, detail=said))
            continue
        share = price.share_of(returned.grade)
        upgrade = price.upgrade_of(returned.model, core.model)
        refund = core_refund(Fraction(price.deposit), share, Fraction(upgrade), is_in_time=True)
        said |= {
            "grade": returned.grade,
            "inspected_by": returned.inspected_by,
            "model": returned.model,
            "received_at": format_instant(returned.received_at),
            "refund_exact": str(refund),
            "share": str(share),
            "upgrade": f"{upgrade:f}",
        }
        kept = Fraction(price.deposit) - refund
        parts.append(PricedPart("core_kept", None, None, kept, detail=said))
    return tuple(parts)


def core_refund(
    deposit: Fraction, share: Fraction, upgrade: Fraction, *, is_in_time: bool
) -> Fraction:
    """Return D * g(grade) * 1[t <= deadline] - upgrade(old, new).

    Below zero, the customer owes the rest: an old model may cost more to upgrade than it is worth.

    Example: 700 at 50 % are 350; on day 31 of 30, nothing.
    """
    return deposit * share * is_in_time - upgrade


def core_deadline(delivered_at: Instant, days: int, zone: ZoneInfo) -> Instant:
    """Return the first instant that is too late: the end of the last civil day of the zone."""
    day = to_datetime(delivered_at, zone).date()
    return day_start(day + dt.timedelta(days=days + 1), zone)


def cores_of(cores: Sequence[Core], period: Period, days: int, zone: ZoneInfo) -> list[Core]:
    """Return the cores that the lines of a period follow from."""
    closed = {each.core.id for each in _closed(cores, period, zone, days)}
    return [each for each in cores if each.id in closed or period.contains(each.delivered_at)]


def _closed(cores: Sequence[Core], period: Period, zone: ZoneInfo, days: int) -> list[_Closed]:
    found = []
    for core in cores:
        deadline = core_deadline(core.delivered_at, days, zone)
        is_in_time = core.returned is not None and core.returned.received_at < deadline
        at = core.returned.received_at if core.returned and is_in_time else deadline
        if period.contains(at):
            found.append(_Closed(core, at, is_in_time))
    return found


def _delivered(core: Core, price: CoreDepositPrice) -> dict[str, str]:
    return {
        "core": core.id,
        "delivered_at": format_instant(core.delivered_at),
        "deposit": f"{price.deposit:f}",
        "model": core.model,
        "reference": core.reference,
    }
