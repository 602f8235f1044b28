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
}
OWN = {
    "offering": "/offerings/milling-by-the-hour",
    "pack": "/packs/response",
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
    "engineer": {"finance", "invoice", "readings", "people", "webhooks", "webhook"},
    "finance": {"sources", "people"},
    "customer": {"finance", "offering", "pack", "sources", "people", "status", "webhook"},
}
"""What a kind of user is refused."""


def path_of(hub: Served, name: str) -> str:
    """The path of a page of the walk."""
    prepared = hub.prepared
    return (WALK | OWN)[name].format(number=prepared.number, webhook=prepared.webhook)
