"""Lets through what may be billed, and says what is missing of the rest."""

from lineshaft.core.period import format_instant
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.completeness import Shortfall, released, shortfalls
from lineshaft.services.billing.errors import PeriodIncomplete
from lineshaft.services.billing.model import RatedDocument, shown_percent
from lineshaft.services.billing.ports import UsageSource
from lineshaft.services.billing.release import Release

SPANS_SHOWN_MAX = 5


class Gate:
    """Stands between a rated period and its document."""

    def __init__(self, metering: UsageSource) -> None:
        """Ask this one where readings are missing."""
        self._metering = metering

    def judge(
        self, actor: Actor, rated: RatedDocument, reason: str | None
    ) -> tuple[RatedDocument, PeriodIncomplete | None]:
        """Return the document to issue, and why it must not be issued; None when it may.

        A reason is written into the document where it is needed, and nowhere else.
        """
        found = shortfalls(rated)
        if not found:
            return rated, None
        if reason is not None:
            places = tuple(each.place for each in found)
            return released(rated, Release(actor.id, reason, places)), None
        told = "; ".join(self._told(actor, rated, each) for each in found)
        msg = f"cannot bill {rated.period} of contract {rated.contract.id}: {told}"
        return rated, PeriodIncomplete(msg)

    def _told(self, actor: Actor, rated: RatedDocument, found: Shortfall) -> str:
        """Name meter, machine, share and the missing spans."""
        record = found.record
        named = f"meter {record.meter.id} on {record.meter.machine}"
        if record.is_undefined:
            return f"{named} has no quantity"
        if record.quantity.amount < 0:
            return f"{named} counted {record.quantity}, below zero"
        least = "" if found.minimum is None else f" of at least {shown_percent(found.minimum)} %"
        spans = self._metering.missing(actor, record.meter, record.period, rated.known_at)
        shown = [
            f"{format_instant(span.start)}/{format_instant(span.end)}"
            for span in spans[:SPANS_SHOWN_MAX]
        ]
        more = len(spans) - len(shown)
        shown += [f"{more} or more others"] if more else []
        missing = f", missing {', '.join(shown)}" if shown else ""
        return f"{named} is known for {shown_percent(found.known)} %{least}{missing}"
