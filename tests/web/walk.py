"""The pages of the walk, and who may open them."""

from tests.web.doors import Served

WALK = {
    "fleet": "/",
    "machine": "/machines/mazak01",
    "states": "/machines/mazak01?signal=execution&range=all",
    "refusals": "/refusals",
    "contracts": "/contracts",
    "contract": "/contracts/riverside-milling",
    "invoices": "/invoices",
    "invoice": "/invoices/{number}",
    "readings": "/invoices/{number}/lines/2",
    "account": "/account",
    "requests": "/requests",
    "exchanges": "/machines/mazak01/exchanges",
    "estimates": "/machines/mazak01/estimates",
    "records": "/contracts/riverside-spares/records",
}
OWN = {
    "offering": "/offerings/milling-by-the-hour",
    "pack": "/packs/response",
    "draft": "/contracts/new",
    "audit": "/audit",
    "clock": "/sources/edge-1/clock",
    "sources": "/sources",
    "people": "/people",
    "status": "/status",
    "webhooks": "/webhooks",
    "webhook": "/webhooks/{webhook}",
    "finance": "/finance?month=2017-06",
}
"""What the maker's own people have beside it."""
KINDS = ("administrator", "engineer", "finance", "customer")
REFUSED = {
    "engineer": {
        *("audit", "draft", "finance", "invoice", "people", "readings", "webhook", "webhooks")
    },
    "finance": {"audit", "people", "sources"},
    "customer": {
        *("audit", "clock", "draft", "finance", "offering", "pack", "people", "sources"),
        *("status", "webhook"),
    },
}
"""What a kind of user is refused."""


def path_of(hub: Served, name: str) -> str:
    """The path of a page of the walk."""
    prepared = hub.prepared
    return (WALK | OWN)[name].format(number=prepared.number, webhook=prepared.webhook)
