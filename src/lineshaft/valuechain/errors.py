"""What every package of the value chain refuses in the same words."""

from lineshaft.core.errors import PreconditionFailed


class TooThin(PreconditionFailed):
    """Too little is known for a number that could be trusted; the message says what is missing."""


class ExtraMissing(PreconditionFailed):
    """A library of the extra `lineshaft[valuechain]` is not installed."""
