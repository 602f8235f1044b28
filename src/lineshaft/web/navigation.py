"""The pages that lead somewhere: what stands in the navigation, and on which keys."""

import msgspec
from msgspec.structs import replace

from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.web.session import Visit

OWN = "own"
"""In place of an id: what belongs to the organisation of whoever looks."""
_OFFERINGS = (Action.CONTRACT_READ, Resource("offering", "*"))
_SOURCES = (Action.SOURCE_READ, Resource("source", "*"))
_PEOPLE = (Action.USER_READ, Resource("user", "*"))
_STUDIES = (Action.STUDY_READ, Resource("study", "*"))
_LEDGER = (Action.LEDGER_READ, Resource("ledger", "*"))
_FINANCE = (Action.INVOICE_ISSUE, Resource("contract", "*"))
_NETWORK = (Action.NETWORK_READ, Resource("network", "*"))
_BOOKS = (Action.BOOKS_READ, Resource("books", "*"))
_TABLES = (Action.TABLE_READ, Resource("table", "*"))
_WEBHOOKS = (Action.WEBHOOK_READ, Resource("webhook", OWN))
_AUDIT = (Action.AUDIT_READ, Resource("audit", "*"))
_PORTAL = (Action.CONTRACT_ACCEPT, Resource("contract", OWN))
_STATUS = (Action.STATUS_READ, Resource("hub", "*"))


class Entry(msgspec.Struct, frozen=True):
    """A line of the navigation.

    Attributes:
        path: of the page that it leads to; pages below it count as its own.
        needs: what somebody must be allowed to do to see it; None: everybody sees it.
        below: pages below these count as its own, too.
        otherwise: other pages and what they need; it leads to the first that somebody may see.
    """

    path: str
    text: str
    icon: str
    needs: tuple[Action, Resource] | None = None
    below: tuple[str, ...] = ()
    otherwise: tuple[tuple[str, tuple[Action, Resource]], ...] = ()

    def holds(self, path: str) -> bool:
        """Tell whether a page belongs to this entry."""
        return any(
            path == start or (start != "/" and path.startswith(f"{start}/"))
            for start in (self.path, *self.below)
        )


ENTRIES = (
    Entry("/portal", "portal.nav", "portal", _PORTAL),
    Entry("/", "fleet.title", "fleet", below=("/machines",)),
    Entry("/offerings", "offerings.title", "offering", _OFFERINGS, below=("/packs",)),
    Entry("/contracts", "contracts.title", "contract"),
    Entry("/invoices", "invoices.title", "invoice"),
    Entry("/requests", "requests.title", "request"),
    Entry("/desk", "desk.title", "desk", _STUDIES),
    Entry("/profit", "profit.title", "profit", _LEDGER),
    Entry("/finance", "finance.title", "finance", _FINANCE),
    Entry("/finance/ledger", "ledger.title", "ledger", _LEDGER),
    Entry(
        "/valuechain/register",
        "supply.nav",
        "valuechain",
        _NETWORK,
        below=("/valuechain",),
        otherwise=(("/valuechain/books", _BOOKS), ("/valuechain/tables", _TABLES)),
    ),
    Entry("/refusals", "refusals.title", "refusal"),
    Entry("/sources", "sources.title", "source", _SOURCES),
    Entry("/people", "people.title", "people", _PEOPLE),
    Entry("/audit", "audit.title", "audit", _AUDIT),
    Entry("/webhooks", "webhooks.title", "webhook", _WEBHOOKS),
    Entry("/status", "status.title", "status", _STATUS),
)

SHORTCUTS = (
    ("/", "keys.search"),
    ("g f", "keys.fleet"),
    ("g o", "keys.offerings"),
    ("g c", "keys.contracts"),
    ("g i", "keys.invoices"),
    ("g m", "keys.finance"),
    ("?", "keys.help"),
    ("Esc", "keys.close"),
)


async def entries_for(visit: Visit) -> list[Entry]:
    """Return the entries that somebody may follow, each to a page that they may see."""
    found = [await _followed(visit, entry) for entry in ENTRIES]
    return [entry for entry in found if entry is not None]


async def _followed(visit: Visit, entry: Entry) -> Entry | None:
    if entry.needs is None or await _may(visit, entry.needs):
        return entry
    for path, needs in entry.otherwise:
        if await _may(visit, needs):
            return replace(entry, path=path)
    return None


async def _may(visit: Visit, needs: tuple[Action, Resource]) -> bool:
    action, resource = needs
    if resource.id == OWN:
        resource = Resource(resource.kind, "*", organisation=visit.actor.organisation)
    return await visit.may(action, resource)
