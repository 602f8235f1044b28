"""What the report refuses."""

from lineshaft.core.errors import RateLimited, Unavailable


class TooManyReports(RateLimited):
    """As many reports are being made as may be at once."""


class ReportTooSlow(Unavailable):
    """A report was not made within the time that somebody waits for it."""
