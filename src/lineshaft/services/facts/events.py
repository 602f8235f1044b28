"""What happens to facts of machines."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.facts.model import Core, FactVersion, StockRecord

CORES = "lineshaft/services/facts/cores"
STOCKS = "lineshaft/services/facts/stocks"


def core_recorded(event_id: str, at: Instant, version: FactVersion[Core]) -> Event:
    """A part was delivered for a deposit, came back, or was inspected: a version of its core."""
    return Event(event_id, CORES, "CoreRecorded", version.fact.id, at, version.to_content())


def stock_recorded(event_id: str, at: Instant, version: FactVersion[StockRecord]) -> Event:
    """A consumable was delivered or counted: a version of the record."""
    return Event(event_id, STOCKS, "StockRecorded", version.fact.id, at, version.to_content())
