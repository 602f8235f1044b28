"""What the input-output kernel refuses."""

from lineshaft.core.errors import Invalid


class UnreadableTable(Invalid):
    """A file of a table is not as its publisher describes it; the message names file and row."""


class UnknownPlace(Invalid):
    """A country or an industry is named that the table does not have."""


class NotProductive(Invalid):
    """With these coefficients some industry needs more than itself to make itself."""


class TakesTooMuch(Invalid):
    """The changes of one number together take more than all of it; the message names it."""
