"""What contracts refuse."""

from lineshaft.core.errors import Conflict, NotFound, PreconditionFailed


class OfferingNotFound(NotFound):
    """There is no such offering, or the actor may not know that there is."""


class OfferingNotOnSale(PreconditionFailed):
    """This version of the offering is not sold any more; contracts that have it keep it."""


class ContractNotFound(NotFound):
    """There is no such contract, or the actor may not know that there is."""


class VersionTaken(Conflict):
    """This version is recorded with other content, and a version never changes."""


class VersionGap(Conflict):
    """Versions are numbered 1, 2, 3 …; this one does not follow the last."""


class NotInForce(PreconditionFailed):
    """No activated version of the contract covers the whole period."""


class ContentDiffers(Conflict):
    """What is accepted is not what was offered: the hashes differ."""


class PeriodDocumented(Conflict):
    """A document lies across the start of a version, or beyond the end of a contract."""
