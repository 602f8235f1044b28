"""What the ledger refuses."""

from lineshaft.core.errors import PreconditionFailed


class MonthNotOver(PreconditionFailed):
    """Revenue is recognised of a month that is over."""
