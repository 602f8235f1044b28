"""A kept version of files, and what kind of files these are. Pure."""

from typing import Any

import msgspec

from lineshaft.core.errors import Conflict, Invalid, NotFound
from lineshaft.core.period import Instant, format_instant
from lineshaft.security.authorisation.model import Action, Resource

NOTE_CHARACTERS_MAX = 500
VERSIONS_MAX = 2_000
"""Of one kind."""
UPLOAD_BYTES_MAX = 32 * 1024 * 1024
"""Of one upload, compressed as it is."""


class KeptVersion(msgspec.Struct, frozen=True):
    """Files as they were imported; it never changes.

    Attributes:
        version: counts from 1.
        sha256: of the canonical content.
        size_bytes: of the canonical content, before it is compressed.
        rows: of each table that it has.
        as_of: the youngest day, month or quarter that the kind goes by, as text; empty where none
            is known.
        imported_by: name of the person.
    """

    version: int
    sha256: str
    size_bytes: int
    rows: dict[str, int]
    as_of: str
    note: str
    imported_at: Instant
    imported_by: str

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "version": self.version,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "rows": self.rows,
            "as_of": self.as_of,
            "note": self.note,
            "imported_at": format_instant(self.imported_at),
            "imported_by": self.imported_by,
        }


class Packed(msgspec.Struct, frozen=True):
    """Files that were checked, as they are kept.

    Attributes:
        content: canonical.
        rows: of each table.
    """

    content: bytes
    rows: dict[str, int]
    as_of: str


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What the versions are of, and who may read and write them.

    Attributes:
        name: for people, such as `supply network`.
        lock: taken while a version is added.
        missing: what is said where nothing has been imported yet.
        is_missing: raised then.
        not_found, taken: raised for a version that is not there, or not the next one.
    """

    name: str
    lock: str
    resource: Resource
    read: Action
    write: Action
    missing: str
    is_missing: type[Exception]
    not_found: type[NotFound]
    taken: type[Conflict]


def check_note(note: str) -> None:
    """Pass a note that can be kept.

    Raises:
        Invalid: for a longer one.
    """
    if len(note) > NOTE_CHARACTERS_MAX:
        msg = f"a note of {len(note)} characters: expected at most {NOTE_CHARACTERS_MAX}"
        raise Invalid(msg)
