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
        missing = [self._missing(actor, rated, each) for each in found]
        told = "; ".join(map(_told, missing))
        msg = f"cannot bill {rated.period} of contract {rated.contract.id}: {told}"
        return rated, PeriodIncomplete(msg, contract=rated.contract.id, missing=missing)

    def _missing(self, actor: Actor, rated: RatedDocument, found: Shortfall) -> dict[str, str]:
        """Name meter, machine, what is known and what is asked for, and the missing spans."""
        record = found.record
        said = {"meter": record.meter.id, "machine": record.meter.machine}
        if record.is_undefined:
            return said | {"why": "undefined"}
        if record.quantity.amount < 0:
            return said | {"why": "negative", "quantity": str(record.quantity)}
        spans = self._metering.missing(actor, record.meter, record.period, rated.known_at)
        shown = [
            f"{format_instant(span.start)}/{format_instant(span.end)}"
            for span in spans[:SPANS_SHOWN_MAX]
        ]
        return said | {
            "why": "unknown",
            "known": shown_percent(found.known),
            "least": "" if found.minimum is None else shown_percent(found.minimum),
            "spans": ", ".join(shown),
            "more": str(len(spans) - len(shown) or ""),
        }


def _told(missing: dict[str, str]) -> str:
    named = f"meter {missing['meter']} on {missing['machine']}"
    if missing["why"] == "undefined":
        return f"{named} has no quantity"
    if missing["why"] == "negative":
        return f"{named} counted {missing['quantity']}, below zero"
    least = f" of at least {missing['least']} %" if missing["least"] else ""
    more = f", {missing['more']} or more others" if missing["more"] else ""
    spans = f", missing {missing['spans']}{more}" if missing["spans"] else ""
    return f"{named} is known for {missing['known']} %{least}{spans}"
