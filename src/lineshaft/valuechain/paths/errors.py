"""What the national paths refuse."""

from lineshaft.core.errors import Invalid


class UnknownAxis(Invalid):
    """An axis is named that no record has."""


class UnknownLanguage(Invalid):
    """A language is named in which the records are not told."""
