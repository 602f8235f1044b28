"""What the hub's own sources share: the desk, and the usage events that come over the API.

They number, seal and sign as an edge does, in the process that commits; what they seal is opened
again as intake opens what comes over the bus.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import Record
from lineshaft.core.segment.block import BlockColumns
from lineshaft.core.segment.wire import ChainPosition, SealedSegment, cut, seal, seal_blocks
from lineshaft.platform.historian.intake.unpack import Opened, open_segments
from lineshaft.platform.historian.model import SourceEpoch


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What a source of the hub signs and salts with."""

    epoch: int
    salt_secret: bytes = field(repr=False)
    private_key: Ed25519PrivateKey = field(repr=False)


class OwnKeys(Protocol):
    """Lets a source of the hub in; `bootstrap` does it with `security.identity`."""

    def own_key(self) -> OwnKey:
        """Return the key of the source in its present epoch.

        Raises:
            Conflict: when it was refused as a source.
        """
        ...


class MarkMoved(Exception):
    """Another process has sealed the same number; nothing of this attempt is kept."""


def sealed(records: Sequence[Record], source: SourceEpoch, key: OwnKey) -> list[Opened]:
    """Seal records that follow on the mark of their source into segments, and open these.

    Raises:
        Invalid: when a record is none that a segment can hold.
    """
    made, done = _Chain(source, key), 0
    while done < len(records):
        part = cut(records[done:])
        made.add(seal(part, made.position, key.salt_secret, key.private_key))
        done += len(part)
    return made.opened()


def sealed_blocks(
    segments: Iterable[Sequence[BlockColumns]], source: SourceEpoch, key: OwnKey
) -> list[Opened]:
    """Seal segments whose records stand in their blocks already; see `sealed`."""
    made = _Chain(source, key)
    for blocks in segments:
        made.add(seal_blocks(blocks, made.position, key.salt_secret, key.private_key))
    return made.opened()


class _Chain:
    """Segments that follow on the mark of their source."""

    def __init__(self, source: SourceEpoch, key: OwnKey) -> None:
        mark, self._key = source.mark, key
        self._segments: list[SealedSegment] = []
        self.position = ChainPosition(source.source, key.epoch, mark.number + 1, mark.header_hash)

    def add(self, segment: SealedSegment) -> None:
        self._segments.append(segment)
        number, previous = self.position.number + 1, segment.header.hash()
        self.position = replace(self.position, number=number, previous_hash=previous)

    def opened(self) -> list[Opened]:
        secret = self._key.salt_secret, self._key.private_key.public_key()
        opened = []
        for outcome in open_segments(self._segments, [secret] * len(self._segments)):
            if isinstance(outcome, Invalid):
                raise outcome
            opened.append(outcome)
        return opened
