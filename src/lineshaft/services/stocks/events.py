"""What happens to stocks."""

from lineshaft.core.events import Event
from lineshaft.core.period import Instant
from lineshaft.services.stocks.model import StockVersion

SOURCE = "lineshaft/services/stocks"

STOCK_RECORDED = "StockRecorded"
"""A consumable was delivered or counted: a version of the record."""


def stock_recorded(event_id: str, at: Instant, version: StockVersion) -> Event:
    """A version of a delivery or count is recorded."""
    return Event(event_id, SOURCE, STOCK_RECORDED, version.record.id, at, version.to_content())
