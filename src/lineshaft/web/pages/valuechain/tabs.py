"""The pages of the value chain, one beside the other."""

from lineshaft.web.components import link_button
from lineshaft.web.markup import Html
from lineshaft.web.session import Preferences

REGISTER, OUTAGE, NETWORK = (
    "/valuechain/register",
    "/valuechain/outage",
    "/valuechain/network",
)
TABS = {
    "supply.register": REGISTER,
    "supply.outage": OUTAGE,
    "supply.network": NETWORK,
}


def tabs(reader: Preferences, current: str) -> list[Html]:
    """Return links to the pages; the current one is marked."""
    return [
        link_button(reader.say(text), path, is_current=text == current)
        for text, path in TABS.items()
    ]
