"""The pages of finance, one beside the other."""

from lineshaft.web.components import link_button
from lineshaft.web.markup import Html
from lineshaft.web.session import Preferences

TABS = {
    "finance.close": "/finance",
    "finance.receivables": "/finance/receivables",
    "finance.late": "/finance/late",
    "ledger.title": "/finance/ledger",
}


def tabs(reader: Preferences, current: str) -> list[Html]:
    """Return links to the pages; the current one is marked."""
    return [
        link_button(reader.say(text), path, is_current=text == current)
        for text, path in TABS.items()
    ]
