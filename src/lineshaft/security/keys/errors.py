"""What the keys refuse."""

from lineshaft.core.errors import PreconditionFailed


class KeyMissing(PreconditionFailed):
    """The private key that the database names is not in the data directory."""


class KeyExposed(PreconditionFailed):
    """Others than the owner may read a private key."""
