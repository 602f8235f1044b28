"""What the kept tables refuse."""

from lineshaft.core.errors import Conflict, Invalid, NotFound, RateLimited, Unavailable


class TableNotFound(NotFound):
    """No table is kept under this name."""


class TableTaken(Conflict):
    """A table with this name has other content, or another description."""


class TableTooLarge(Invalid):
    """More bytes than one kept table may have."""


class TableOutOfBalance(Invalid):
    """Too much of a table does not sum to its output; the message names the largest."""


class TooManyTables(RateLimited):
    """As many tables are kept as there may be."""


class TableDamaged(Unavailable):
    """The file of a kept table is not there, or is not what was kept."""
