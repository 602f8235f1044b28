"""What the input-output kernel refuses."""

from lineshaft.core.errors import Invalid, PreconditionFailed


class UnreadableTable(Invalid):
    """A file of a table is not as its publisher describes it; the message names file and row."""


class UnknownPlace(Invalid):
    """A country or an industry is named that the table does not have."""


class NotProductive(Invalid):
    """With these coefficients some industry needs more than itself to make itself."""


class TooThin(PreconditionFailed):
    """The table does not hold what the indicator needs; the message says what is missing."""


class ExtraMissing(PreconditionFailed):
    """A library of the extra `lineshaft[valuechain]` is not installed."""
