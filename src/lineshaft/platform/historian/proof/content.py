"""What a store file holds, read again: what the manifest and its indices must say of it."""

import io
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from lineshaft.core.reading import RecordKind
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.files.writing import HashedSink, Shape, Summary
from lineshaft.platform.historian.model import NewStoreFile, StoreFile

BATCH_ROWS = 128_000
_SUMMED = frozenset({"sum"})
"""Fields of a zone entry whose last bits depend on how the rows were cut into parts."""


class Content(msgspec.Struct, frozen=True):
    """A file as it is.

    Attributes:
        new: what the manifest must say of it.
        entries: its corrections and refusals, rows of `columns.SCHEMA`.
    """

    new: NewStoreFile
    entries: pa.Table


def content_of(files: StoreFiles, file: StoreFile) -> Content:
    """Read a file whole, a part at a time.

    Raises:
        FileNotFoundError: when it is not there.
        StoreFileDamaged: when it is not the bytes that were written.
    """
    summary = Summary(Shape(file.level, file.hour, file.hours, file.merges, file.known_at))
    entries = []
    for batch in files.stream(file, BATCH_ROWS):
        part = pa.Table.from_batches([batch], columns.SCHEMA)
        summary.add(part)
        kind = columns.array(part, "kind")
        is_entry = (kind == RecordKind.CORRECTION) | (kind == RecordKind.REFUSAL)
        if is_entry.any():
            entries.append(part.filter(pa.array(is_entry)))
    new = summary.file(file.path, HashedSink(io.BytesIO()))
    size = (files.directory / file.path).stat().st_size
    same = replace(new.file, id=file.id, size=size, sha256=file.sha256)
    found = pa.concat_tables(entries) if entries else columns.SCHEMA.empty_table()
    return Content(NewStoreFile(same, new.zones), found)


def is_described(content: Content, file: StoreFile, zones: NDArray[np.void]) -> bool:
    """Tell whether the manifest says the truth about a file."""
    found = content.new.zones
    if content.new.file != file or len(zones) != len(found):
        return False
    names: Sequence[str] = [name for name in found.dtype.names or () if name not in _SUMMED]
    return all(np.array_equal(found[name], zones[name]) for name in names)


def keys_of(contents: Sequence[Content], kind: RecordKind) -> set[tuple[int, int]]:
    """Return source and epoch, and sequence, of the corrections or refusals of files."""
    found: set[tuple[int, int]] = set()
    for content in contents:
        entries = content.entries
        rows = entries.filter(pa.array(columns.array(entries, "kind") == kind))
        sources, sequences = columns.array(rows, "source_epoch"), columns.array(rows, "sequence")
        found |= set(zip(sources.tolist(), sequences.tolist(), strict=True))
    return found
