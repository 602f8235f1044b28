"""What stocks refuse."""

from lineshaft.core.errors import Conflict, RateLimited


class StockVersionTaken(Conflict):
    """This version is recorded with other content, or does not follow the last one."""


class TooManyStockRecords(RateLimited):
    """A machine has as many deliveries and counts as there may be, or one as many versions."""
