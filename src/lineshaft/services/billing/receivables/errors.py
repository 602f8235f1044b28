"""What receivables refuse."""

from lineshaft.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class PaymentInvalid(Invalid):
    """A payment of nothing, in another currency, or without a usable reference."""


class PaymentNotFound(NotFound):
    """The document has no payment with this reference."""


class PaymentTaken(Conflict):
    """The reference is recorded on the document with another amount or day."""


class TooManyPayments(PreconditionFailed):
    """A document has as many payments as are read at once."""


class DisputeTooLate(PreconditionFailed):
    """The window for disputing the document is over, or it was disputed too often."""


class DisputeOpen(Conflict):
    """The document is disputed already."""


class NoDispute(NotFound):
    """The document has no open dispute."""
