"""From an upload to files, from files to canonical content, and back to files that can be read."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path, PurePosixPath

from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.valuechain.supplynetwork.dependencies import DEPENDENCIES, read_dependencies
from lineshaft.valuechain.supplynetwork.reading import read_beside, read_network
from lineshaft.valuechain.supplynetwork.schema import CURES, GUARANTEES, TABLES
from lineshaft.valuechain.supplynetwork.versions.errors import NetworkTooLarge, NotAnUpload
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid
from lineshaft.valuechain.tables.model import CellKind, TypedTable
from lineshaft.valuechain.tables.service import Shown, no_progress, read_tables

FORMAT = "lineshaft-supply-network/1"
UNPACKED_BYTES_MAX = 128 * 1024 * 1024
"""Of the files of one upload together."""
CONTENT_BYTES_MAX = 96 * 1024 * 1024
"""Of the canonical content of one version."""
ENTRIES_MAX = 10_000
"""Files in one upload."""
WORKBOOK_PART = "[Content_Types].xml"
ALL_TABLES = (*TABLES, CURES, GUARANTEES, DEPENDENCIES)
_NAMES = {f"{table.name}.csv" for table in ALL_TABLES}
_AS_IT_IS = CellKind("", str)


def unpack(upload: bytes, folder: Path) -> Path:
    """Write the files of an upload into a folder, and return what can be read.

    Of a zip only the tables of a network are taken, whatever folders they lie in.

    Raises:
        NotAnUpload: for anything but an Excel workbook or a zip of CSV files.
        NetworkTooLarge: for more than `UNPACKED_BYTES_MAX` or `ENTRIES_MAX`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            entries = archive.infolist()
            size = sum(each.file_size for each in entries)
            if size > UNPACKED_BYTES_MAX or len(entries) > ENTRIES_MAX:
                msg = f"{len(entries)} files of {size} bytes: expected at most {ENTRIES_MAX} "
                raise NetworkTooLarge(msg + f"files and {UNPACKED_BYTES_MAX} bytes")
            if any(each.filename == WORKBOOK_PART for each in entries):
                path = folder / "network.xlsx"
                path.write_bytes(upload)
                return path
            _write_tables(archive, entries, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        msg = "expected an Excel workbook (.xlsx), or a zip of CSV files"
        raise NotAnUpload(msg) from error
    return folder


def _write_tables(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], folder: Path
) -> None:
    for each in entries:
        name = PurePosixPath(each.filename).name
        if name in _NAMES:
            if (folder / name).exists():
                problem = Problem(name, 1, "", each.filename, "expected this file once")
                raise TablesInvalid([problem])
            (folder / name).write_bytes(archive.read(each))


def check(source: Path, show: Shown = no_progress) -> None:
    """Pass files that make a network, with cures and guarantees that fit to it.

    Raises:
        TablesInvalid: with all that is wrong, in one go.
    """
    found: dict[Problem, None] = {}
    try:
        read_tables(source, ALL_TABLES, show).rows()
    except TablesInvalid as error:
        found |= dict.fromkeys(error.problems)
    try:
        network = read_network(source)
    except TablesInvalid as error:
        raise TablesInvalid([*found, *(p for p in error.problems if p not in found)]) from error
    for beside in (
        partial(read_beside, source, CURES),
        partial(read_beside, source, GUARANTEES),
        partial(read_dependencies, source, is_required=False),
    ):
        try:
            beside(network)
        except TablesInvalid as error:
            found |= dict.fromkeys(error.problems)
    if found:
        raise TablesInvalid(list(found))


def content_of(source: Path) -> tuple[bytes, dict[str, int]]:
    """Return the canonical content of files that were checked, and the rows of each table.

    The order and the choice of columns make no difference; that of rows does.

    Raises:
        NetworkTooLarge: beyond `CONTENT_BYTES_MAX`.
    """
    read = read_tables(source, [_as_texts(table) for table in ALL_TABLES])
    tables = {}
    for table in ALL_TABLES:
        rows = read.tables[table.name].rows
        if rows or table.is_required:
            names = [column.attribute for column in table.columns]
            tables[table.name] = [[row[name] for name in names] for row in rows]
    content = canonical.encode({"format": FORMAT, "tables": tables})
    if len(content) > CONTENT_BYTES_MAX:
        msg = f"a network of {len(content)} bytes: expected at most {CONTENT_BYTES_MAX}"
        raise NetworkTooLarge(msg)
    return content, {name: len(rows) for name, rows in tables.items()}


def _as_texts(table: TypedTable) -> TypedTable:
    columns = tuple(replace(each, kind=_AS_IT_IS, default="") for each in table.columns)
    return replace(table, row=dict, columns=columns, key=(), references=())


def write_files(content: bytes, folder: Path) -> Path:
    """Write the content of a version as CSV files into a folder, and return it.

    Raises:
        InvariantError: for content of another format.
    """
    read = canonical.decode(content)
    if read["format"] != FORMAT:
        msg = f"a supply network of the format {read['format']!r}: expected {FORMAT}"
        raise InvariantError(msg)
    for table in ALL_TABLES:
        rows = read["tables"].get(table.name)
        if rows is not None:
            path = folder / f"{table.name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow([column.header for column in table.columns])
                writer.writerows(rows)
    return folder


def sample() -> bytes:
    """Return a small network as a zip of CSV files, to be filled in by others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in ALL_TABLES:
            name = f"{table.name}.csv"
            # A fixed time, so that the same sample is the same file.
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            text = files("lineshaft.valuechain.supplynetwork.versions") / "sample" / name
            archive.writestr(entry, text.read_bytes())
    return buffer.getvalue()
