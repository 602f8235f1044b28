"""Whether a machine is heard: said in words, kept true by the page's script as time passes."""

from lineshaft.core.period import Instant
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.session import Visit

US_PER_MS = 1_000


def contact_badge(visit: Visit, machine: str, heard_at: Instant | None) -> Html:
    """Return the badge; the script turns it to silent after a minute without contact."""
    return tag(
        "span",
        visit.say("contact.never" if heard_at is None else "contact.live"),
        class_="badge" if heard_at is None else "badge good",
        data_contact=0 if heard_at is None else heard_at // US_PER_MS,
        data_contact_of=machine,
        data_heard=visit.say("contact.live"),
        data_silent=visit.say("contact.silent"),
        data_never=visit.say("contact.never"),
    )


def last_contact(visit: Visit, machine: str, heard_at: Instant | None) -> Html:
    """Return when the machine was last heard."""
    time = tag(
        "time",
        "–",
        data_at=0 if heard_at is None else heard_at // US_PER_MS,
        data_contact_of=machine,
    )
    return join(visit.say("contact.last"), " ", time)
