"""What the hub's own sources share: the desk, and the usage events that come over the API.

They number, seal and sign as an edge does, in the process that commits; what they seal is opened
again as intake opens what comes over the bus.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.errors import Invalid
from lineshaft.core.reading import Record
from lineshaft.core.segment.wire import ChainPosition, cut, seal
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
    number, previous = source.mark.number, source.mark.header_hash
    segments, done = [], 0
    while done < len(records):
        part = cut(records[done:])
        number += 1
        position = ChainPosition(source.source, key.epoch, number, previous)
        segment = seal(part, position, key.salt_secret, key.private_key)
        segments.append(segment)
        previous = segment.header.hash()
        done += len(part)
    secret = key.salt_secret, key.private_key.public_key()
    opened = []
    for outcome in open_segments(segments, [secret] * len(segments)):
        if isinstance(outcome, Invalid):
            raise outcome
        opened.append(outcome)
    return opened
