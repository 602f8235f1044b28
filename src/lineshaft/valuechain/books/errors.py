"""What the kept books refuse."""

from lineshaft.core.errors import Conflict, NotFound


class BooksMissing(NotFound):
    """No books of the firm have been imported yet."""


class BooksVersionNotFound(NotFound):
    """There is no such version of the books."""


class BooksVersionTaken(Conflict):
    """This version has other content, or does not follow the last one."""


class BooksTableMissing(NotFound):
    """A version of the books does not have this table."""
