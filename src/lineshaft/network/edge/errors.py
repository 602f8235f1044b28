"""What stops an edge."""

from lineshaft.core.errors import Conflict, Invalid


class SpoolTaken(Conflict):
    """Another process works with this spool."""


class SpoolDamaged(Invalid):
    """A spool that cannot be what this edge has written."""
