"""The pages of the value chain in their groups, one beside the other."""

from lineshaft.web.components import link_button
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Preferences

REGISTER, OUTAGE, NETWORK = (
    "/valuechain/register",
    "/valuechain/outage",
    "/valuechain/network",
)
TABLES = "/valuechain/tables"
REPORT = "/valuechain/report"
NATIONAL_PATHS = "/valuechain/paths"
SERVITIZATION, SMILE = "/valuechain/servitization", "/valuechain/smile"
CHANNELS, DEPENDENCE = "/valuechain/channels", "/valuechain/dependence"
BOOKS = "/valuechain/books"
GROUPS: dict[str, dict[str, str]] = {
    "supply.group.supply": {
        "supply.register": REGISTER,
        "supply.outage": OUTAGE,
        "supply.network": NETWORK,
    },
    "supply.group.firm": {
        "servitization.title": SERVITIZATION,
        "smile.title": SMILE,
        "channels.title": CHANNELS,
    },
    "supply.group.world": {
        "dependence.title": DEPENDENCE,
        "tables.nav": TABLES,
        "paths.nav": NATIONAL_PATHS,
    },
    "supply.group.data": {
        "books.title": BOOKS,
        "report.title": REPORT,
    },
}
"""Name of each page and its path, by the group that it stands in."""


def tabs(reader: Preferences, current: str) -> list[Html]:
    """Return links to the groups and to the pages of the group of the current one.

    Args:
        reader: who looks.
        current: name of the page; it is marked.
    """
    groups = {name: pages for name, pages in GROUPS.items() if pages}
    here = next(name for name, pages in groups.items() if current in pages)
    of_groups = [
        tag(
            "a",
            reader.say(name),
            href=next(iter(pages.values())),
            aria_current="true" if name == here else None,
        )
        for name, pages in groups.items()
    ]
    of_pages = [
        link_button(reader.say(text), path, kind="small", is_current=text == current)
        for text, path in groups[here].items()
    ]
    return [
        tag(
            "nav",
            tag("div", of_groups, class_="rooms-groups"),
            tag("div", of_pages, class_="rooms-pages"),
            class_="rooms",
            aria_label=reader.say("supply.nav"),
        )
    ]
