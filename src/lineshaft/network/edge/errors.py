"""What stops an edge."""

from lineshaft.core.errors import Conflict, Invalid


class SpoolTaken(Conflict):
    """Another process works with this spool."""


class SpoolDamaged(Invalid):
    """A spool or key file that cannot be what this edge has written."""


class ChainConflict(Conflict):
    """The hub has another history of this source than this edge: it was restored from a backup."""
