"""Makes the indices and the last values again from the files."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.reading import RecordKind
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import StoreFileDamaged
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.content import Content, keys_of
from lineshaft.platform.historian.proof.derived_rows import DerivedRows
from lineshaft.platform.historian.proof.last_values import LastValues

_KINDS = (RecordKind.CORRECTION, RecordKind.REFUSAL)


class Derived:
    """What follows from the rows."""

    def __init__(self, database: Database, manifest: Manifest, files: StoreFiles) -> None:
        """Read `files` and put `manifest` right."""
        self._database, self._manifest, self._files = database, manifest, files
        self._rows = DerivedRows()

    def index(self, contents: Sequence[Content], *, is_whole: bool) -> int:
        """Put the index of corrections and refusals right; return how many were wrong.

        Args:
            contents: of all files that can be read.
            is_whole: whether those are all; if not, nothing is taken out of the index.
        """
        changed = 0
        for kind in _KINDS:
            stored = keys_of(contents, kind)
            with self._database.unit_of_work(is_long_expected=True) as unit:
                indexed = self._rows.indexed(unit.connection, kind)
                missing = stored - indexed
                rows = [
                    row | self._names(unit.connection, row)
                    for content in contents
                    for row in _rows(content.entries, kind)
                    if (row["source_epoch"], row["sequence"]) in missing
                ]
                self._rows.index(unit.connection, kind, rows)
                gone = indexed - stored if is_whole else set()
                self._rows.unindex(unit.connection, kind, sorted(gone))
            changed += len(missing) + len(gone)
        return changed

    def _names(self, connection: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
        """Return the signal of a row, and when it became known."""
        source, series = row["source_epoch"], row["series"]
        number = self._manifest.number_of(connection, source, row["sequence"]) or 0
        (stored,) = self._manifest.headers(connection, source, number, number)
        signal = self._manifest.signals(connection, [series])[series]
        return {"signal": signal, "known_at": stored.known_at}

    def latest(self, *, is_whole: bool) -> int:
        """Put the last values right; return how many were wrong.

        While files are damaged, nothing is changed: a last value may stand in one of them, and the
        table has it still.
        """
        if not is_whole:
            return 0
        with self._database.unit_of_work(is_long_expected=True) as unit:
            connection = unit.connection
            series = self._rows.all_series(connection)
            try:
                found = LastValues(connection, self._manifest, self._files).of(series)
            except StoreFileDamaged:
                return 0
            known = self._manifest.latest(connection, series)
            # The last value of a series whose rows were deleted stays as it was.
            wrong = {one: last for one, last in found.items() if last != known.get(one)}
            self._manifest.write_latest(connection, wrong)
            return len(wrong)


def _rows(entries: pa.Table, kind: RecordKind) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = entries.filter(
        pa.array(columns.array(entries, "kind") == kind)
    ).to_pylist()
    return found
