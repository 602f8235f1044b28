"""The history of a back-fill: the file itself, sealed anew from the hub's mark on."""

import asyncio
from collections.abc import Callable, Iterator

import msgspec

from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.reading import SourceId
from lineshaft.network.backfill.memory import Memory, MemoryFile
from lineshaft.network.backfill.model import AHEAD_SEGMENTS_MAX, BackFillConfig
from lineshaft.network.backfill.production import Production
from lineshaft.network.backfill.sealing import Sealed
from lineshaft.network.errors import ChainConflict
from lineshaft.network.keys import SigningKeys

_LOST = "the hub was restored from a backup; start the import again"


class Reach(msgspec.Struct):
    """How far the historian is: the last segment that it is known to have."""

    number: int = 0
    sequence: int = 0
    row: int = 0
    header_hash: bytes = b""


class FileHistory:
    """What is sealed of a file and not in the historian yet, as an `uplink.History`."""

    def __init__(
        self,
        config: BackFillConfig,
        keys: SigningKeys,
        memory: tuple[MemoryFile, Memory],
        produce: Callable[[Memory], Production],
    ) -> None:
        """Go on with what is remembered.

        Args:
            config: of the import.
            keys: of the source.
            memory: where the import is remembered, and what is.
            produce: makes the production once the epoch is known.
        """
        self._config, self._keys = config, keys
        self._file, self.memory = memory
        self._produce = produce
        self._production: Production | None = None
        self._kept: dict[int, Sealed] = {}
        self._sealed_number = 0
        self._is_complete = False
        self._room = asyncio.Event()
        self._sealed = asyncio.Event()
        self._pace = _Pace(config.rate)
        self.started = asyncio.Event()
        """Set when the hub has let the source in: there is something to be read for."""
        self.ended = asyncio.Event()
        """Set when the historian has the whole file, or `conflict` says why it never will."""
        self.reach = Reach()
        self.stored_before = 0
        self.conflict: ChainConflict | None = None

    @property
    def source(self) -> SourceId:
        """Its name towards the hub."""
        return self._config.source

    @property
    def mark_number(self) -> int:
        """The last segment that the historian has, as far as is known here."""
        return self.reach.number

    @property
    def is_drained(self) -> bool:
        """Whether the historian has every sealed segment."""
        return not self._kept

    @property
    def sealed(self) -> asyncio.Event:
        """Set when there may be segments to be sent."""
        return self._sealed

    @property
    def production(self) -> Production:
        """What seals the file; there once `started` is set."""
        if self._production is None:
            self._production = self._produce(self.memory)
        return self._production

    def request(self) -> EnrolRequest:
        """Return the request to be let in; never for a new epoch: the file is one history."""
        return self._keys.request(self.source)

    def hears(self, epoch: int) -> bool:
        """Tell whether a notice of that epoch concerns this history."""
        return epoch == self.memory.epoch and self.conflict is None and self.started.is_set()

    async def accept(self, answer: EnrolAnswer, confirmed: int) -> int | None:
        """Take the hub's epoch and mark; return the segment after which sending begins.

        Raises:
            ChainConflict: when the hub has another history under this name.
        """
        if self.conflict is not None:
            return None
        if self.memory.epoch == 0:
            if answer.number:
                why = f"the hub has {answer.sequence} records of {self.source} that this import "
                why += "has not sent: give it a name of its own (--source)"
                raise ChainConflict(why, 1)
            self.remember(msgspec.structs.replace(self.memory, epoch=answer.epoch))
        if answer.epoch != self.memory.epoch:
            why = f"the hub is in epoch {answer.epoch} of {self.source}, the import began in "
            why += f"{self.memory.epoch}: give it a name of its own (--source)"
            raise ChainConflict(why, 1)
        if not self.started.is_set():
            # the last one that the hub has is sent once more: it compares the hash
            self.reach.number = max(0, answer.number - 1)
            self.stored_before = self.reach.sequence = answer.sequence
            self._pace.begin(answer.sequence)
            self.started.set()
        elif answer.number < confirmed:
            why = f"the hub knows segment {answer.number} only, but had confirmed "
            why += f"{confirmed}: {_LOST}"
            raise ChainConflict(why, answer.number + 1)
        return max(self.reach.number, answer.number - 1)

    def remember(self, memory: Memory) -> None:
        """Keep what is remembered."""
        self._file.keep(memory)
        self.memory = memory

    async def produce(self) -> None:
        """Seal the file as long as there is room, to its end.

        Raises:
            Refusal: when the file cannot be read.
        """
        await self.started.wait()
        stored = self.reach.number + 1 if self.reach.sequence else 0
        batches = self.production.segments(stored)
        while (batch := await asyncio.to_thread(_next, batches)) is not None:
            for sealed in batch:
                self._kept[sealed.number] = sealed
                self._sealed_number = sealed.number
            self._sealed.set()
            while len(self._kept) >= AHEAD_SEGMENTS_MAX:
                self._room.clear()
                await self._room.wait()
        if self._sealed_number < stored:
            why = f"the hub has segment {stored} of {self.source}, this file fewer: it was not "
            why += "imported from this file"
            await self.stop(ChainConflict(why, self._sealed_number + 1))
        self._is_complete = True
        self._judge_end()

    async def segments_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Return sealed segments above a number, in order, as far as the rate allows."""
        found = []
        for following in range(number + 1, number + 1 + limit):
            sealed = self._kept.get(following)
            if sealed is None:
                break
            wait_s = self._pace.wait_s(sealed.last_sequence)
            if wait_s > 0:
                asyncio.get_running_loop().call_later(wait_s, self._sealed.set)
                break
            found.append((following, sealed.data))
        return found

    async def trim(self, number: int, header_hash: bytes) -> bool:
        """Forget what the historian has; tells whether it is news.

        Raises:
            ChainConflict: when the hub has another history.
        """
        if number <= self.reach.number:
            return False
        sealed = self._kept.get(number)
        if sealed is None:
            return False  # from before: it is sent once more, and the hub answers again
        if header_hash != sealed.header_hash:
            why = f"the hub has another segment {number} of {self.source} than this file makes: "
            why += "it was not imported from this file, or by another version of Lineshaft"
            raise ChainConflict(why, number)
        for stored in range(self.reach.number + 1, number + 1):
            self._kept.pop(stored, None)
        self.reach = Reach(number, sealed.last_sequence, sealed.row, header_hash)
        self._keep_checkpoint()
        self._room.set()
        self._judge_end()
        return True

    def _keep_checkpoint(self) -> None:
        """Remember the last checkpoint that the historian is beyond."""
        noted = self.production.checkpoints
        passed = None
        while noted and noted[0].number < self.reach.number:
            passed = noted.pop(0)
        if passed is not None:
            self.remember(msgspec.structs.replace(self.memory, checkpoint=passed))

    async def agrees(self, number: int, header_hash: bytes) -> bool:
        """Tell whether a history that ends with this segment is the beginning of ours."""
        if number == self.reach.number and self.reach.header_hash:
            return header_hash == self.reach.header_hash
        sealed = self._kept.get(number)
        return sealed is not None and sealed.header_hash == header_hash

    async def stop(self, conflict: ChainConflict) -> None:
        """Seal and send nothing more."""
        self.conflict = conflict
        self.ended.set()

    def _judge_end(self) -> None:
        if self._is_complete and not self._kept:
            self.ended.set()


class _Pace:
    """At most so many records a second, from the first that is sent on."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._first_sequence = 0
        self._began_s = 0.0

    def begin(self, sequence: int) -> None:
        """Count from the record behind this one."""
        self._first_sequence = sequence
        self._began_s = asyncio.get_running_loop().time()

    def wait_s(self, sequence: int) -> float:
        """Return how long the segment that ends with a record has to wait."""
        if self._rate is None:
            return 0.0
        due_s = self._began_s + (sequence - self._first_sequence) / self._rate
        return due_s - asyncio.get_running_loop().time()


def _next(batches: Iterator[list[Sealed]]) -> list[Sealed] | None:
    return next(batches, None)
