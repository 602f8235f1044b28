"""What the kept trade refuses."""

from lineshaft.core.errors import Conflict, NotFound, Unavailable


class TradeMissing(NotFound):
    """No world trade is kept yet."""


class TradeVersionNotFound(NotFound):
    """There is no such version of the trade."""


class TradeVersionTaken(Conflict):
    """This version has other content, or does not follow the last one."""


class TradeDamaged(Unavailable):
    """The file of a version is not there, or is not what was kept."""
