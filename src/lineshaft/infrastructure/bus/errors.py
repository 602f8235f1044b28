"""What the bus refuses."""

from lineshaft.core.errors import Invalid, PreconditionFailed, Unavailable


class BusUnavailable(Unavailable):
    """The bus does not answer, or not in time."""


class StreamFull(Unavailable):
    """The stream is at its maximum and takes nothing new."""


class PayloadTooLarge(Invalid):
    """The message is larger than the bus or the stream takes."""


class BusServerUnsuitable(PreconditionFailed):
    """There is no NATS server, or only one that is too old."""
