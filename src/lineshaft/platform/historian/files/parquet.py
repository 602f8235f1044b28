"""The Parquet files of the store: written durably, read, merged away, and cleared of orphans.

What their bytes are like is the business of `encoding.py`.
"""

import glob
import hashlib
from collections.abc import Generator, Iterable, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lineshaft.core.clock import IdSource
from lineshaft.core.period import Instant
from lineshaft.infrastructure.files import (
    TEMPORARY_SUFFIX,
    durable_file,
    make_dir,
    write_durably,
)
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.encoding import OFTEN_ABSENT, encode, layout
from lineshaft.platform.historian.files.integrity import Integrity
from lineshaft.platform.historian.files.writing import HashedSink, Shape, Summary
from lineshaft.platform.historian.model import NewStoreFile, StoreFile

_HOURS_PER_DAY = 24
_SUFFIXES = (".parquet", TEMPORARY_SUFFIX)


class StoreFiles:
    """The directory of the store files; one process writes the files of one prefix."""

    def __init__(self, directory: Path, ids: IdSource, *, prefix: str = "f") -> None:
        """Keep files below `directory`, which is made where it does not exist.

        Args:
            directory: of the store.
            ids: names of the files.
            prefix: of the names; intakes that share a store have one each.
        """
        self.directory = directory
        self._ids, self._prefix = ids, prefix
        make_dir(directory)
        self._integrity = Integrity(directory)

    def write(self, table: pa.Table, hour: int, level: int, known_at: Instant) -> NewStoreFile:
        """Write sorted rows of one hour; the file and its name are durable on return.

        Raises:
            OSError: when the disk refuses.
        """
        path = f"{hour // _HOURS_PER_DAY}/{hour}-{level}-{self._ids.new_id(self._prefix)}.parquet"
        data = encode(table, level)
        make_dir((self.directory / path).parent)
        write_durably(self.directory / path, data)
        self._integrity.trust(path)
        zones = columns.zones(table)
        ts, sequence = columns.array(table, "ts"), columns.array(table, "sequence")
        file = StoreFile(
            path=path,
            level=level,
            hour=hour,
            rows=table.num_rows,
            min_ts=Instant(int(ts.min())),
            max_ts=Instant(int(ts.max())),
            min_series=int(zones["series"][0]),
            max_series=int(zones["series"][-1]),
            min_sequence=int(sequence.min()),
            max_sequence=int(sequence.max()),
            size=len(data),
            sha256=hashlib.sha256(data).digest(),
            known_at=known_at,
        )
        return NewStoreFile(file, zones)

    def write_stream(self, parts: Iterable[pa.Table], shape: Shape) -> NewStoreFile:
        """Write sorted rows part by part; the file and its name are durable on return.

        Args:
            parts: in order, none without rows.
            shape: what kind of file it becomes.

        Raises:
            OSError: when the disk refuses.
        """
        name = f"{shape.hour}-{shape.level}-{self._ids.new_id(self._prefix)}.parquet"
        path = f"{shape.hour // _HOURS_PER_DAY}/{name}"
        make_dir((self.directory / path).parent)
        summary = Summary(shape)
        rest = iter(parts)
        first = next(rest)
        how = layout(shape.level, first)
        with durable_file(self.directory / path) as file:
            sink = HashedSink(file)
            with pq.ParquetWriter(
                sink, columns.SCHEMA, store_schema=False, **how.options
            ) as writer:
                for part in chain([first], rest):
                    writer.write_table(part, row_group_size=how.row_group_rows)
                    summary.add(part)
        self._integrity.trust(path)
        return summary.file(path, sink)

    def stream(self, file: StoreFile, batch_rows: int) -> Generator[pa.RecordBatch]:
        """Yield the rows of a file in order, so many at once.

        Raises:
            FileNotFoundError: when it is not there.
            StoreFileDamaged: when it is not the bytes that were written.
        """
        self._require_sound([file])
        with pq.ParquetFile(self.directory / file.path, pre_buffer=False) as source:
            absent = _absent(source.metadata)
            names = [name for name in columns.SCHEMA.names if name not in absent]
            for batch in source.iter_batches(batch_rows, columns=names, use_threads=False):
                arrays = [
                    pa.nulls(batch.num_rows, field.type)
                    if field.name in absent
                    else batch.column(field.name)
                    for field in columns.SCHEMA
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=columns.SCHEMA)

    def read(self, files: Sequence[StoreFile]) -> pa.Table:
        """Return the rows of files, one after the other.

        Raises:
            StoreFileDamaged: when one is not the bytes that were written.
        """
        self._require_sound(files)
        tables = [
            pq.read_table(self.directory / file.path, schema=columns.SCHEMA) for file in files
        ]
        return pa.concat_tables(tables)

    def absolute(self, files: Sequence[StoreFile]) -> list[str]:
        """Return the paths of files for a query engine that would read `*?[` as patterns.

        Raises:
            StoreFileDamaged: when one is not the bytes that were written.
        """
        self._require_sound(files)
        return [glob.escape(str(self.directory / file.path)) for file in files]

    def path(self, file: StoreFile) -> Path:
        """Return where a file is.

        Raises:
            FileNotFoundError: when it is not there.
            StoreFileDamaged: when it is not the bytes that were written.
        """
        self._require_sound([file])
        return self.directory / file.path

    def examine(self, file: StoreFile) -> None:
        """Read a file again, although it may have been found sound before.

        Raises:
            FileNotFoundError: when it is not there.
            StoreFileDamaged: when it is not the bytes that were written.
        """
        self._integrity.examine(file)

    def _require_sound(self, files: Iterable[StoreFile]) -> None:
        for file in files:
            self._integrity.require(file)

    def remove(self, paths: Iterable[str]) -> None:
        """Unlink files; those that are gone already do not matter."""
        for path in paths:
            (self.directory / path).unlink(missing_ok=True)

    def orphans(self, registered: frozenset[str], *, of_all: bool = False) -> list[str]:
        """Return the files that a crash left unregistered, and what it left half-written.

        Args:
            registered: the paths that the manifest names.
            of_all: whether those of other prefixes count too: where no process writes.
        """
        paths = [path for path in self.directory.glob("*/*") if of_all or self._is_ours(path)]
        names = [str(one.relative_to(self.directory)) for one in paths if one.suffix in _SUFFIXES]
        return [name for name in names if name not in registered]

    def _is_ours(self, path: Path) -> bool:
        return f"-{self._prefix}_" in path.name


def _absent(metadata: pq.FileMetaData) -> set[str]:
    """Return the columns that have no value at all: to decode them is a tenth of a merge."""
    absent = set()
    for name in OFTEN_ABSENT:
        index = columns.SCHEMA.get_field_index(name)
        chunks = [metadata.row_group(i).column(index) for i in range(metadata.num_row_groups)]
        if all(_is_null(chunk) for chunk in chunks):
            absent.add(name)
    return absent


def _is_null(chunk: pq.ColumnChunkMetaData) -> bool:
    known = chunk.statistics
    return known is not None and known.has_null_count and known.null_count == chunk.num_values
