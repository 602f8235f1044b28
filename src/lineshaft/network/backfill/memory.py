"""What is remembered of an import between two runs: which file, how it was read, how far it is.

Without it, a changed file could continue a chain that another one began. The checkpoint only saves
time: what it says follows from the file as well.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lineshaft.core.period import Instant, format_instant
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.network.backfill.errors import (
    FileChanged,
    FileUnreadable,
    ImportTaken,
    StatementRefused,
)
from lineshaft.network.backfill.files import FileFacts, Place
from lineshaft.network.backfill.model import STATEMENTS_MAX, FileMap, Kind
from lineshaft.network.backfill.rows import Before

_PRIVATE, _PRIVATE_DIRECTORY = 0o600, 0o700


class Checkpoint(msgspec.Struct, frozen=True):
    """The end of a segment in the midst of a block.

    Attributes:
        place: where the block begins.
        before: the last record in front of the block.
        block_sequence: sequence of that record.
        number, header_hash, sequence: of the segment.
        ordinals: of the last record of each signal up to there.
        refusals: how many there are up to the block.
    """

    place: Place
    before: Before
    block_sequence: int
    number: int
    header_hash: str
    sequence: int
    ordinals: dict[str, int]
    refusals: int


class Memory(msgspec.Struct, frozen=True):
    """What is imported under a name.

    Attributes:
        file: the name of the file when the import began; refusals name it.
        facts: what the file is.
        map: how it is read.
        declared: what the plant said of its signals when the import began.
        began_at: stamps well ahead of that instant are refused.
        epoch: that the hub has given; 0 at first.
        checkpoint: where resuming begins.
        complete_until: what was said of how far the file goes, in that order; each makes records.
    """

    file: str
    facts: FileFacts
    map: FileMap
    began_at: Instant
    epoch: int = 0
    checkpoint: Checkpoint | None = None
    complete_until: tuple[Instant, ...] = ()
    declared: Mapping[SignalId, Kind] = {}

    def stating(self, until: Instant | None, now: Instant) -> "Memory":
        """Say until when the file is complete; what was said before stays said.

        Raises:
            StatementRefused: of the future, or after `STATEMENTS_MAX` others.
        """
        if until is None or until in self.complete_until:
            return self
        if until > now or len(self.complete_until) >= STATEMENTS_MAX:
            msg = (
                f"cannot say that {self.file} is complete until {format_instant(until)}: expected "
            )
            msg += f"an instant up to now, and at most {STATEMENTS_MAX} of them for one file"
            raise StatementRefused(msg)
        said = (*self.complete_until, until)
        return msgspec.structs.replace(self, complete_until=said)


class MemoryFile(msgspec.Struct):
    """The file that holds the memory of an import."""

    path: Path

    def recall(self) -> Memory | None:
        """Return what is remembered, if anything is.

        Raises:
            FileUnreadable: when it cannot be read.
        """
        if not self.path.exists():
            return None
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Memory)
        except msgspec.DecodeError as error:
            msg = f"cannot read {self.path}: expected what an import has written there"
            raise FileUnreadable(msg) from error

    def keep(self, memory: Memory) -> None:
        """Write it, whole or not at all."""
        write_durably(self.path, msgspec.json.encode(memory, order="sorted"), mode=_PRIVATE)

    def begin(self, fresh: Memory) -> Memory:
        """Return what is remembered; at first, that is `fresh`.

        Raises:
            FileChanged: when the name stands for another file, or for another reading of it.
        """
        known = self.recall()
        if known is None:
            self.keep(fresh)
            return fresh
        if known.facts != fresh.facts:
            msg = f"cannot go on with {fresh.file}: under this name {known.file} was imported, "
            msg += f"with {known.facts.rows} rows in {known.facts.size} bytes and SHA-256 "
            msg += f"{known.facts.sha256[:16]}…; this file has {fresh.facts.rows} rows in "
            msg += f"{fresh.facts.size} bytes and {fresh.facts.sha256[:16]}…: give it a name of "
            msg += "its own (--source)"
            raise FileChanged(msg)
        if known.map != fresh.map:
            msg = f"cannot go on with {fresh.file}: it was begun with another map or machine"
            raise FileChanged(msg)
        return known

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the import for this process; the kernel lets go however the process ends.

        Raises:
            ImportTaken: when another process holds it.
        """
        make_dir(self.path.parent, mode=_PRIVATE_DIRECTORY)
        lock = self.path.with_suffix(".lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, _PRIVATE)
        try:
            with contextlib.ExitStack() as stack:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    msg = f"cannot import as {self.path.stem}: another process does so already"
                    raise ImportTaken(msg) from error
                stack.callback(fcntl.flock, descriptor, fcntl.LOCK_UN)
                yield
        finally:
            os.close(descriptor)
