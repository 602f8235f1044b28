"""Use cases of the firm's books in the hub: versions, import, the files of a version.

What reads tables is imported when it is first asked for: a hub that nobody asks carries none of it.
"""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.valuechain.books.errors import (
    BooksMissing,
    BooksTableMissing,
    BooksVersionNotFound,
    BooksVersionTaken,
)
from lineshaft.valuechain.versions.model import KeptVersion, Kind
from lineshaft.valuechain.versions.service import Versions, VersionsParts, VersionStore

__all__ = ["ALL", "FirmBooks", "folder_name", "sample_files", "table_names"]

ALL = Resource("books", "*")
KIND = Kind(
    name="books",
    lock="firm-books",
    resource=ALL,
    read=Action.BOOKS_READ,
    write=Action.BOOKS_WRITE,
    missing="no books of the firm have been imported yet: expected a folder, a zip or a workbook "
    "with at least one of the tables of docs/servitization.md, docs/channels.md or "
    "docs/dependence.md, such as revenue, activities or output; import it on the page of the "
    "books, or with: lineshaft valuechain books import FOLDER",
    is_missing=BooksMissing,
    not_found=BooksVersionNotFound,
    taken=BooksVersionTaken,
)

Progress = Callable[[str, int, int], None]


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def folder_name(version: KeptVersion) -> str:
    """Return what figures call the table that they are from."""
    return f"books version {version.version}"


class FirmBooks:
    """Keeps versions of the firm's books."""

    def __init__(self, parts: VersionsParts, store: VersionStore) -> None:
        """Take everything; nothing is read before it is needed."""
        self._versions = Versions(parts, store, KIND)

    def versions(self, actor: Actor) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        return self._versions.all(actor)

    def version(self, actor: Actor, version: int | None = None) -> KeptVersion:
        """Return a version; the last one for None.

        Raises:
            BooksMissing: where nothing has been imported yet.
            BooksVersionNotFound: for a version that is not there.
        """
        return self._versions.named(actor, version)

    def import_upload(
        self,
        actor: Actor,
        upload: bytes,
        version: int | None,
        note: str = "",
        show: Progress = no_progress,
    ) -> KeptVersion:
        """Check an Excel workbook or a zip of CSV files, and keep it as the next version.

        Raises:
            NotAnUpload: for any other file.
            VersionTooLarge: beyond the maxima of an upload, and as `import_files`.
        """
        from lineshaft.valuechain.books.contents import PACKING  # noqa: PLC0415 - see above

        self._versions.check_write(actor, note)
        with TemporaryDirectory() as folder:
            source = PACKING.unpack(upload, Path(folder))
            return self.import_files(actor, source, version, note, show)

    def import_files(
        self,
        actor: Actor,
        source: Path,
        version: int | None,
        note: str = "",
        show: Progress = no_progress,
    ) -> KeptVersion:
        """Check a folder or a workbook, and keep it as the next version; all of it, or nothing.

        The same content as the last version changes nothing.

        Args:
            actor: who asks.
            source: a folder of CSV files, or an Excel workbook.
            version: that it becomes; None: the next one.
            note: why, for people.
            show: told what is read.

        Raises:
            TablesInvalid: with all that is wrong.
            VersionTooLarge: for more than a version may have.
            BooksVersionTaken: when `version` is not the next one.
            TooManyVersions: beyond `VERSIONS_MAX`.
        """
        from lineshaft.valuechain.books.contents import packed  # noqa: PLC0415 - see above

        self._versions.check_write(actor, note)
        return self._versions.keep(actor, packed(source, show), version, note)

    @contextmanager
    def files(self, actor: Actor, version: int | None = None) -> Iterator[Path]:
        """Give a version as a folder of CSV files, for as long as it is read.

        Raises:
            BooksMissing, BooksVersionNotFound: as `version`.
        """
        from lineshaft.valuechain.books.contents import PACKING  # noqa: PLC0415 - see above

        named = self.version(actor, version)
        content = self._versions.content(actor, named)
        with TemporaryDirectory() as folder:
            path = Path(folder) / folder_name(named)
            path.mkdir()
            yield PACKING.write_files(content, path)

    def archive(self, actor: Actor, version: int | None = None) -> bytes:
        """Return a version as a zip of CSV files: what is imported again is the same version.

        Raises:
            BooksMissing, BooksVersionNotFound: as `version`.
        """
        from lineshaft.valuechain.versions.service import zipped  # noqa: PLC0415 - see above

        with self.files(actor, version) as folder:
            return zipped(sorted(folder.iterdir()))

    def table(
        self, actor: Actor, name: str, version: int | None = None
    ) -> tuple[list[str], list[list[str]]]:
        """Return a table of a version as text: its columns, and its rows.

        Raises:
            BooksTableMissing: when the version has no such table.
            BooksMissing, BooksVersionNotFound: as `version`.
        """
        named = self.version(actor, version)
        if name not in named.rows:
            msg = f"{folder_name(named)} has no table {name[:80]!r}: it has {', '.join(named.rows)}"
            raise BooksTableMissing(msg)
        with (
            self.files(actor, named.version) as folder,
            (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file,
        ):
            head, *rows = csv.reader(file)
        return head, rows


def sample_files() -> bytes:
    """Return small books as a zip of CSV files, to be filled in by others."""
    from lineshaft.valuechain.books.contents import PACKING  # noqa: PLC0415 - see above

    return PACKING.sample("lineshaft.valuechain.books")


def table_names() -> tuple[str, ...]:
    """Return the names of all tables that books may have, in their order."""
    from lineshaft.valuechain.books.contents import NAMES  # noqa: PLC0415 - see above

    return NAMES
