"""Tables as files: what the table says of itself, then its arrays, as NumPy writes them.

A file is an array of bytes (JSON) and four arrays of 64-bit floats, each in the format `.npy`, one
behind the other. The same table is always the same bytes.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from lineshaft.core.errors import LineshaftError
from lineshaft.infrastructure.files import durable_file, make_dir, require_free_space
from lineshaft.valuechain.inputoutput.kept.errors import TableDamaged, TableTooLarge
from lineshaft.valuechain.inputoutput.kept.model import KeptTable
from lineshaft.valuechain.inputoutput.model import Table

FORMAT = "lineshaft-input-output-table/1"
TABLE_BYTES_MAX = 2 * 1024 * 1024 * 1024
"""Of one kept table: 12,000 rows take 1.2 GB."""
HASHED_BYTES = 1024 * 1024
BYTES_PER_MB = 1_000_000
ARRAYS = ("intermediate_use", "final_demand", "gross_output", "value_added")
TUPLES = ("regions", "economies", "industries", "demand")
SETS = ("inventories", "services", "manufacturing")
TEXTS = ("name", "vintage", "currency")


class _Sink(Protocol):
    def write(self, data: Any, /) -> Any: ...


class _Measured:
    """Hashes and counts what is written to it, and keeps nothing."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def measured(table: Table) -> tuple[str, int]:
    """Return SHA-256 and size in bytes of the file of a table.

    Raises:
        TableTooLarge: beyond `TABLE_BYTES_MAX`.
    """
    sink = _Measured()
    _write(table, sink)
    if sink.size > TABLE_BYTES_MAX:
        msg = f"{table.name} would take {sink.size} bytes: expected at most {TABLE_BYTES_MAX}"
        raise TableTooLarge(msg)
    return sink.hash.hexdigest(), sink.size


def write_table(table: Table, path: Path, size_bytes: int) -> None:
    """Write a table, durably: after a crash all of it is there, or nothing.

    Raises:
        FreeSpaceLow: when the disk has no room for it.
    """
    make_dir(path.parent)
    require_free_space(path.parent, -(-size_bytes // BYTES_PER_MB))
    with durable_file(path) as file:
        _write(table, file)


def read_table_file(path: Path, kept: KeptTable) -> Table:
    """Read a kept table, and check that every byte is what was kept.

    Raises:
        TableDamaged: when the file is missing, or is another.
    """
    try:
        with path.open("rb") as file:
            if _hash_of(file) != kept.sha256:
                raise _damaged(kept, "its SHA-256 is not what was recorded")
            file.seek(0)
            return _read(file)
    except OSError as error:
        raise _damaged(kept, f"{error.strerror or 'it cannot be read'}") from error
    except (ValueError, KeyError, EOFError) as error:
        raise _damaged(kept, "it is of another format") from error


def is_whole(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and what was kept."""
    try:
        with path.open("rb") as file:
            return _hash_of(file) == sha256
    except OSError:
        return False


def _damaged(kept: KeptTable, why: str) -> LineshaftError:
    msg = f"the file of the table {kept.name} is damaged or missing ({why}): keep it again from "
    return TableDamaged(msg + f"its file of the format {kept.format}, under the same name")


def _hash_of(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while part := file.read(HASHED_BYTES):
        found.update(part)
    return found.hexdigest()


def _write(table: Table, sink: _Sink) -> None:
    said: dict[str, Any] = {"format": FORMAT}
    said |= {name: getattr(table, name) for name in (*TEXTS, *TUPLES)}
    said |= {name: sorted(getattr(table, name)) for name in SETS}
    head = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
    for values in (np.frombuffer(head, np.uint8), *(getattr(table, name) for name in ARRAYS)):
        np.lib.format.write_array(sink, np.ascontiguousarray(values), allow_pickle=False)


def _read(file: BinaryIO) -> Table:
    head = np.lib.format.read_array(file, allow_pickle=False)
    said = json.loads(head.tobytes())
    if said.pop("format") != FORMAT:
        raise ValueError(FORMAT)
    parts: dict[str, Any] = {name: said[name] for name in TEXTS}
    parts |= {name: tuple(said[name]) for name in TUPLES}
    parts |= {name: frozenset(said[name]) for name in SETS}
    parts |= {name: np.lib.format.read_array(file, allow_pickle=False) for name in ARRAYS}
    return Table(**parts)
