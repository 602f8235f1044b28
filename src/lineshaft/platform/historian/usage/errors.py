"""What the API of usage events refuses; `members` goes into the problem details (RFC 9457)."""

from lineshaft.core.errors import Conflict, Forbidden, Invalid, RateLimited


class UsageInvalid(Invalid):
    """An event of a batch cannot be read; nothing of the batch is stored.

    Attributes:
        index: of the event in the batch, from 0.
    """

    def __init__(self, index: int, why: str) -> None:
        """Say which event, and what is wrong with it."""
        self.index = index
        super().__init__(f"event {index}: {why}; nothing of the batch is stored")

    @property
    def members(self) -> dict[str, int]:
        """Further members of the problem."""
        return {"index": self.index}


class UsageConflict(Conflict):
    """An id comes again with other content; the first stays, nothing of the batch is stored.

    Attributes:
        index: of the event in the batch, from 0.
        event_id: the id.
        sequence: of the record that stays.
    """

    def __init__(self, index: int, event_id: str, epoch: int, sequence: int) -> None:
        """Say which event, and where the first one stands."""
        self.index, self.event_id, self.sequence = index, event_id, sequence
        super().__init__(
            f"event {index}: the id {event_id!r} is recorded with other content as record "
            f"{sequence} of api/{epoch}, which stays; nothing of the batch is stored"
        )

    @property
    def members(self) -> dict[str, int | str]:
        """Further members of the problem."""
        return {"index": self.index, "id": self.event_id, "sequence": self.sequence}


class UsageBatchTooLarge(Invalid):
    """A batch has more events, or lies in more hours, than one request may."""


class UsageForbidden(Forbidden):
    """The actor may not record usage of the machine of an event."""


class UsageBusy(RateLimited):
    """As many events as may wait for a commit are waiting; send the same batch again later."""
