"""A store file that is written part by part: what it is, and what is learnt of it on the way."""

import hashlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.period import Instant
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import NEVER, NewStoreFile, StoreFile


class Shape(msgspec.Struct, frozen=True):
    """What kind of file is to be written; see `StoreFile`."""

    level: int
    hour: int
    hours: int
    merges: int
    known_at: Instant


class HashedSink:
    """Passes bytes on to a file, and counts and hashes them."""

    def __init__(self, file: BinaryIO) -> None:
        """Write to `file`."""
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes."""
        view = memoryview(data)
        self._digest.update(view)
        self.size += view.nbytes
        return self._file.write(view)

    def tell(self) -> int:
        """Return how much was written."""
        return self.size

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._file.flush()

    def close(self) -> None:
        """Do nothing: the file is closed by the one who opened it."""

    def readable(self) -> bool:
        """Tell that it cannot be read."""
        return False

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def seekable(self) -> bool:
        """Tell that it is written from the beginning to the end."""
        return False

    @property
    def sha256(self) -> bytes:
        """Hash of everything that was written."""
        return self._digest.digest()


class Summary:
    """What the manifest has to know of a file, gathered from its parts."""

    def __init__(self, shape: Shape) -> None:
        """Begin a file of that shape."""
        self._shape = shape
        self._zones: list[NDArray[np.void]] = []
        self._sequences: list[int] = []

    def add(self, part: pa.Table) -> None:
        """Add sorted rows that follow on those before."""
        self._zones.append(columns.zones(part))
        sequence = columns.array(part, "sequence")
        self._sequences += [int(sequence.min()), int(sequence.max())]

    def file(self, path: str, sink: HashedSink) -> NewStoreFile:
        """Return the file, once it is written."""
        zones, shape = joined_zones(self._zones), self._shape
        file = StoreFile(
            path=path,
            level=shape.level,
            hour=shape.hour,
            rows=int(zones["rows"].sum()),
            min_ts=Instant(int(zones["first_ts"].min())),
            max_ts=Instant(int(zones["last_ts"].max())),
            min_series=int(zones["series"][0]),
            max_series=int(zones["series"][-1]),
            min_sequence=min(self._sequences),
            max_sequence=max(self._sequences),
            size=sink.size,
            sha256=sink.sha256,
            known_at=shape.known_at,
            merges=shape.merges,
            hours=shape.hours,
        )
        return NewStoreFile(file, zones)


def joined_zones(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Return the zone map of consecutive parts: a series that goes on has one entry."""
    entries = np.concatenate(parts)
    goes_on = np.flatnonzero(entries["series"][1:] == entries["series"][:-1])
    for index in goes_on.tolist():
        entries[index + 1] = _one_entry(entries[index], entries[index + 1])
    return np.delete(entries, goes_on)


def _one_entry(before: np.void, after: np.void) -> np.void:
    result = after.copy()
    result["rows"] += before["rows"]
    for name in ("first_ts", "first_ordinal"):
        result[name] = min(before[name], after[name])
    for name in ("last_ts", "last_ordinal"):
        result[name] = max(before[name], after[name])
    for name in ("state", "good"):
        known = [one[f"first_{name}_ts"] for one in (before, after)]
        result[f"first_{name}_ts"] = min((one for one in known if one != NEVER), default=NEVER)
        result[f"last_{name}_ts"] = max(before[f"last_{name}_ts"], after[f"last_{name}_ts"])
    return result
