"""What keeping files as versions refuses, whatever they are of."""

from lineshaft.core.errors import Invalid, RateLimited


class VersionTooLarge(Invalid):
    """More bytes than one version may have."""


class NotAnUpload(Invalid):
    """A file that is neither an Excel workbook nor a zip of CSV files."""


class TooManyVersions(RateLimited):
    """As many versions are kept as there may be."""
