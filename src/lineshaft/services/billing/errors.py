"""What billing refuses."""

from lineshaft.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class UsageMismatch(Invalid):
    """The usage records are not exactly the ones that contract and period ask for."""


class TotalsWrong(Invalid):
    """A document whose amounts do not add up to the last decimal."""


class DocumentUnreadable(Invalid):
    """Bytes that are no document of a format that is known."""


class DocumentNotFound(NotFound):
    """There is no such document, or the actor may not know that there is."""


class PeriodOverlaps(Conflict):
    """A document for another period of the contract covers a part of this one."""


class SeriesTaken(Conflict):
    """The series of numbers belongs to another supplier."""


class PeriodNotOver(PreconditionFailed):
    """A document is issued for a period that is over, and on knowledge of its whole length."""


class PeriodIncomplete(PreconditionFailed):
    """Less is known of the usage than the contract asks for, and nobody said why to bill it."""


class AmountTooLarge(Invalid):
    """An amount beyond what the ledger can hold."""


class NothingToCorrect(NotFound):
    """No document was issued for exactly this period."""


class CorrectionRefused(Conflict):
    """The period would now be another supplier's or customer's, or in another currency."""


class TooManyCorrections(PreconditionFailed):
    """A period has as many corrections as one document can name."""
