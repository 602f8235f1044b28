"""What the paradox refuses."""

from lineshaft.core.errors import Invalid, NotFound


class UnreadableTrade(Invalid):
    """A file of bilateral trade is not as its publisher describes it; the message names it."""


class ImporterUnknown(NotFound):
    """An importer, or a member of a bloc, that imports nothing in the years that were read."""


class ItemUnknown(NotFound):
    """An item that the supply network does not have."""
