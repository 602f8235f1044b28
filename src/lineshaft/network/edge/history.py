"""The history of an edge node: its spool, its keys, and when it needs a new epoch."""

import asyncio

from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.reading import SourceId
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.edge.writer import SpoolWriter
from lineshaft.network.errors import ChainConflict
from lineshaft.network.keys import SigningKeys, load_or_create_keys, save_keys


class SpooledHistory:
    """What the spool has sealed, as an `uplink.History`."""

    def __init__(self, config: EdgeConfig, writer: SpoolWriter) -> None:
        """Read the keys.

        Raises:
            KeyFileDamaged: when the key file cannot be read.
        """
        self._config = config
        self._writer = writer
        self.keys = load_or_create_keys(config.key_path)
        if self.keys.next_salt_secret and writer.state.conflict_after is None:
            # the epoch had begun in the spool when this process ended
            self._use(self.keys.in_next_epoch())

    @property
    def source(self) -> SourceId:
        """Its name towards the hub."""
        return self._config.source

    @property
    def mark_number(self) -> int:
        """The last segment that the historian has."""
        return self._writer.state.mark_number

    @property
    def is_drained(self) -> bool:
        """Whether the historian has every sealed segment."""
        return self._writer.state.mark_number == self._writer.state.sealed_number

    @property
    def sealed(self) -> asyncio.Event:
        """Set when there may be segments to be sent."""
        return self._writer.sealed

    def request(self) -> EnrolRequest:
        """Return the request to be let in; after a conflict, for a new epoch."""
        if self._writer.state.conflict_after is not None and not self.keys.next_salt_secret:
            self._use(self.keys.wanting_epoch())
        return self.keys.request(self._config.source)

    def hears(self, epoch: int) -> bool:
        """Tell whether a notice of that epoch concerns this history."""
        state = self._writer.state
        return epoch == state.epoch and state.conflict_after is None

    async def accept(self, answer: EnrolAnswer, confirmed: int) -> int | None:
        """Take the hub's epoch and mark; return the segment after which sending begins.

        Raises:
            ChainConflict: when the hub has another history.
        """
        state = self._writer.state
        if answer.epoch > state.epoch:
            await self._start_epoch(answer)
        elif state.conflict_after is not None:
            return None
        elif answer.epoch < state.epoch or answer.number < confirmed:
            why = f"the hub knows segment {answer.number} of epoch {answer.epoch} only, but had "
            why += f"confirmed {confirmed} of epoch {state.epoch}"
            raise ChainConflict(why, state.mark_number + 1)
        elif answer.number > state.sealed_number:
            why = f"the hub has segment {answer.number}, this edge only {state.sealed_number}"
            raise ChainConflict(why, state.sealed_number + 1, answer.sequence)
        # the last one that the hub has is sent once more: it compares the hash
        return max(self._writer.state.mark_number, answer.number - 1)

    async def _start_epoch(self, answer: EnrolAnswer) -> None:
        await self._writer.start_epoch(answer.epoch)
        self._use(self.keys.in_next_epoch())
        if answer.number > 0:
            why = f"the hub has {answer.number} segments of epoch {answer.epoch}, this edge none: "
            why += "its spool was lost"
            raise ChainConflict(why, 1)
        await self._writer.seal(self.keys)

    async def segments_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Return sealed segments above a number, in order."""
        return await self._writer.segments_after(number, limit)

    async def trim(self, number: int, header_hash: bytes) -> bool:
        """Let go of what the historian has; tells whether it is news.

        Raises:
            ChainConflict: when the hub has another history.
        """
        return await self._writer.trim(number, header_hash)

    async def agrees(self, number: int, header_hash: bytes) -> bool:
        """Tell whether a history that ends with this segment is the beginning of ours."""
        return await self._writer.agrees(number, header_hash)

    async def stop(self, conflict: ChainConflict) -> None:
        """Seal and send nothing more of this epoch."""
        await self._writer.note_conflict(conflict.number, conflict.hub_sequence)

    def _use(self, keys: SigningKeys) -> None:
        save_keys(self._config.key_path, keys)
        self.keys = keys
