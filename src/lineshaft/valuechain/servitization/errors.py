"""What servitization refuses."""

from lineshaft.core.errors import Invalid


class CurrenciesMixed(Invalid):
    """Amounts of several currencies, and no rate that brings them together."""


class QuestionInvalid(Invalid):
    """A period, a filter or a rate that cannot be read."""


class ColumnsUnreadable(Invalid):
    """A file that is no column file of revenue lines."""
