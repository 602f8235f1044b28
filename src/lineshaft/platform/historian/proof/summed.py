"""The roll-ups of closed days against the rows that they were made of."""

from collections.abc import Sequence

import msgspec
import numpy as np

from lineshaft.core.period import Instant
from lineshaft.infrastructure.backup import Progress, no_progress
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import StoreFileDamaged
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import DAY_LEVEL, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.derived_rows import DerivedRows
from lineshaft.platform.historian.rollups.writer import packed_days


class WrongDay(msgspec.Struct, frozen=True):
    """Roll-ups of a day that are not what its rows amount to.

    Attributes:
        day: days since 1970-01-01.
        series: whose roll-ups are wrong.
        right: what they have to be; series that are missing have none.
    """

    day: int
    series: tuple[int, ...]
    right: tuple[tuple[int, bytes], ...]


class SummedDays:
    """Sums up closed days again. Roll-ups that have outlived rows of theirs cannot be looked at."""

    def __init__(self, database: Database, manifest: Manifest, files: StoreFiles) -> None:
        """Compare what `manifest` has with the rows of `files`."""
        self._database, self._manifest, self._files = database, manifest, files
        self._rows = DerivedRows()

    def wrong(self, progress: Progress = no_progress) -> list[WrongDay]:
        """Return the days with wrong roll-ups; days with files that cannot be read are left out.

        Args:
            progress: is told days.
        """
        with self._database.read() as connection:
            days = self._rows.summed_days(connection)
        found = []
        for done, day in enumerate(days):
            progress("days", done, len(days))
            wrong = self._wrong_of(day)
            if wrong is not None and wrong.series:
                found.append(wrong)
        progress("days", len(days), len(days))
        return found

    def put_right(self) -> int:
        """Put wrong roll-ups right; return how many were."""
        wrong = self.wrong()
        for one in wrong:
            with self._database.unit_of_work() as unit:
                self._manifest.forget_rollups(unit.connection, one.day, one.series)
                self._manifest.write_rollups(unit.connection, one.day, one.series, one.right)
        return sum(len(one.series) for one in wrong)

    def _wrong_of(self, day: int) -> WrongDay | None:
        files = self._files_of(day)
        try:
            right, known_at = self._packed(files)
        except (StoreFileDamaged, OSError):
            return None
        with self._database.read() as connection:
            if self._files_of(day) != files:
                return None  # merged meanwhile, and summed up anew
            stored = self._rows.summed(connection, day)
            left_out = {series for series, _ in self._manifest.outlived(connection, [day])}
        wrong = [
            one.series
            for one in stored
            if one.series not in left_out
            and (one.data != right.get(one.series) or one.known_at < known_at[one.series])
        ]
        parts = [(one, right[one]) for one in wrong if one in right]
        return WrongDay(day, tuple(wrong), tuple(parts))

    def _files_of(self, day: int) -> list[StoreFile]:
        hours = (day * 24, day * 24 + 23)
        with self._database.read() as connection:
            files = self._manifest.files(connection, hours)
        return [file for file in files if file.level == DAY_LEVEL and file.day == day]

    def _packed(self, files: Sequence[StoreFile]) -> tuple[dict[int, bytes], dict[int, Instant]]:
        """Sum up the rows of files; return roll-ups, and when the rows of each were all known.

        A series that several files have has no roll-up.
        """
        with self._database.read() as connection:
            sources = self._manifest.source_epochs(connection)
        found: dict[int, bytes] = {}
        known_at: dict[int, Instant] = {}
        several: set[int] = set()
        for file in files:
            rows = self._files.read([file])
            series = np.unique(columns.array(rows, "series")).tolist()
            several |= known_at.keys() & set(series)
            known_at |= dict.fromkeys(series, file.known_at)
            found |= packed_days(rows, sources)
        return {one: data for one, data in found.items() if one not in several}, known_at
