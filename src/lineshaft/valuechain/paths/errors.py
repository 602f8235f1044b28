"""What the national paths refuse."""

from lineshaft.core.errors import Invalid


class UnknownAxis(Invalid):
    """An axis is named that no record has."""


class UnknownPath(Invalid):
    """A path is named that there is not."""


class UnknownActorType(Invalid):
    """A type is named that no actor has."""


class UnknownLanguage(Invalid):
    """A language is named in which the records are not told."""
