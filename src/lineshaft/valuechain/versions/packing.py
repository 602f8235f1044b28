"""From an upload to files, from files to canonical content, and back to files that can be read."""

import csv
import io
import zipfile
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import msgspec
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid
from lineshaft.valuechain.tables.model import CellKind, TypedTable
from lineshaft.valuechain.tables.service import read_tables
from lineshaft.valuechain.versions.errors import NotAnUpload, VersionTooLarge
from lineshaft.valuechain.versions.model import UPLOAD_BYTES_MAX

UNPACKED_BYTES_MAX = 128 * 1024 * 1024
"""Of the files of one upload together."""
CONTENT_BYTES_MAX = 96 * 1024 * 1024
"""Of the canonical content of one version."""
ENTRIES_MAX = 10_000
"""Files in one upload."""
WORKBOOK_PART = "[Content_Types].xml"
_AS_IT_IS = CellKind("", str)


class Packing(msgspec.Struct, frozen=True):
    """How files of one kind are packed.

    Attributes:
        name: of the kind, for people.
        format: stands in the content.
        tables: all that a version may have.
        too_large: raised beyond a maximum.
    """

    name: str
    format: str
    tables: tuple[TypedTable, ...]
    too_large: type[VersionTooLarge] = VersionTooLarge

    def unpack(self, upload: bytes, folder: Path) -> Path:
        """Write the files of an upload into a folder, and return what can be read.

        Of a zip only the tables of the kind are taken, whatever folders they lie in.

        Raises:
            NotAnUpload: for anything but an Excel workbook or a zip of CSV files.
            VersionTooLarge: for more than `UPLOAD_BYTES_MAX`, `UNPACKED_BYTES_MAX` or
                `ENTRIES_MAX`.
            TablesInvalid: for a table that is there twice.
        """
        if len(upload) > UPLOAD_BYTES_MAX:
            msg = f"an upload of {len(upload)} bytes: expected at most {UPLOAD_BYTES_MAX}"
            raise self.too_large(msg)
        try:
            with zipfile.ZipFile(io.BytesIO(upload)) as archive:
                entries = archive.infolist()
                self._check_size(entries)
                if any(each.filename == WORKBOOK_PART for each in entries):
                    path = folder / f"{self.name.replace(' ', '-')}.xlsx"
                    path.write_bytes(upload)
                    return path
                self._write_tables(archive, entries, folder)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            msg = "expected an Excel workbook (.xlsx), or a zip of CSV files"
            raise NotAnUpload(msg) from error
        return folder

    def _check_size(self, entries: Sequence[zipfile.ZipInfo]) -> None:
        size = sum(each.file_size for each in entries)
        if size > UNPACKED_BYTES_MAX or len(entries) > ENTRIES_MAX:
            msg = f"{len(entries)} files of {size} bytes: expected at most {ENTRIES_MAX} "
            raise self.too_large(msg + f"files and {UNPACKED_BYTES_MAX} bytes")

    def _write_tables(
        self, archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], folder: Path
    ) -> None:
        names = {f"{table.name}.csv" for table in self.tables}
        for each in entries:
            name = PurePosixPath(each.filename).name
            if name in names:
                if (folder / name).exists():
                    problem = Problem(name, 1, "", each.filename, "expected this file once")
                    raise TablesInvalid([problem])
                (folder / name).write_bytes(archive.read(each))

    def content_of(self, source: Path) -> tuple[bytes, dict[str, int]]:
        """Return the canonical content of files that were checked, and the rows of each table.

        The order and the choice of columns make no difference; that of rows does.

        Raises:
            VersionTooLarge: beyond `CONTENT_BYTES_MAX`.
        """
        read = read_tables(source, [_as_texts(table) for table in self.tables])
        tables = {}
        for table in self.tables:
            rows = read.tables[table.name].rows
            if rows or table.is_required:
                names = [column.attribute for column in table.columns]
                tables[table.name] = [[row[name] for name in names] for row in rows]
        content = canonical.encode({"format": self.format, "tables": tables})
        if len(content) > CONTENT_BYTES_MAX:
            msg = f"a {self.name} of {len(content)} bytes: expected at most {CONTENT_BYTES_MAX}"
            raise self.too_large(msg)
        return content, {name: len(rows) for name, rows in tables.items()}

    def write_files(self, content: bytes, folder: Path) -> Path:
        """Write the content of a version as CSV files into a folder, and return it.

        Raises:
            InvariantError: for content of another format.
        """
        read = canonical.decode(content)
        if read["format"] != self.format:
            msg = f"a {self.name} of the format {read['format']!r}: expected {self.format}"
            raise InvariantError(msg)
        for table in self.tables:
            rows = read["tables"].get(table.name)
            if rows is not None:
                path = folder / f"{table.name}.csv"
                with path.open("w", encoding="utf-8", newline="") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow([column.header for column in table.columns])
                    writer.writerows(rows)
        return folder

    def sample(self, package: str) -> bytes:
        """Return the CSV files in `sample` of a package as a zip, to be filled in by others."""
        folder = files(package) / "sample"
        return zipped([folder / f"{table.name}.csv" for table in self.tables])


def zipped(found: Sequence[Traversable]) -> bytes:
    """Return files as a zip; the same files are the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in found:
            # A fixed time, so that the same files are the same zip.
            entry = zipfile.ZipInfo(each.name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, each.read_bytes())
    return buffer.getvalue()


def _as_texts(table: TypedTable) -> TypedTable:
    columns = tuple(replace(each, kind=_AS_IT_IS, default="") for each in table.columns)
    return replace(table, row=dict, columns=columns, key=(), references=())
