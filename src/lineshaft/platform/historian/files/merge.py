"""Merging small store files of one hour, as they come, without doing the work again and again.

Files of a level are merged `MERGE_FILES` at a time into one of the next level, so that each row is
rewritten once per level: logarithmically often. What an hour that has come to rest still has in
several files is gathered once more. A merge writes one new file and swaps it in within one
transaction; the old files stay until every reader that may hold the old list is done.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from prometheus_client import Counter

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import StoreFile
from lineshaft.platform.historian.ports import Manifest

LOG = logging.getLogger(__name__)

MERGE_FILES = 16
"""Files of one level that become one of the next."""
LIVE_FILES_MAX = 64
"""Files of one hour that a query may have to open, full ones apart."""
MERGED_ROWS_MAX = 2_000_000
"""A file with at least half as many rows is full: it is not merged any more."""
REST_S = 10
"""An hour without a commit for so long has come to rest."""
GRACE_S = 60
"""How long a file stays on disk after it was merged away; no query may take longer."""
_REST_SHARE = 8
_US_PER_S = 1_000_000

MERGED = Counter(
    "lineshaft_historian_merged_files", "Store files that were merged into larger ones"
)


def choose(files: Sequence[StoreFile], *, is_at_rest: bool = False) -> list[StoreFile]:
    """Choose which files of one hour to merge now; none when nothing is to be done. Pure.

    Args:
        files: the live files of one hour.
        is_at_rest: whether no commit is expected for this hour.
    """
    open_files = [file for file in files if file.rows * 2 < MERGED_ROWS_MAX]
    levels: dict[int, list[StoreFile]] = defaultdict(list)
    for file in open_files:
        levels[file.level].append(file)
    for level in sorted(levels):
        if len(levels[level]) >= MERGE_FILES:
            return _within_rows(sorted(levels[level], key=lambda file: file.id)[:MERGE_FILES])
    by_size = sorted(open_files, key=lambda file: (file.rows, file.id))
    if len(by_size) >= LIVE_FILES_MAX:
        return _within_rows(by_size[:MERGE_FILES])
    return _within_rows(_gathered(by_size)) if is_at_rest else []


def _gathered(by_size: Sequence[StoreFile]) -> list[StoreFile]:
    """Take files of like size: a file only when the smaller ones beside it are worth the work."""
    run: list[StoreFile] = []
    for file in by_size:
        if sum(one.rows for one in run) * _REST_SHARE >= file.rows:
            run.append(file)
        elif len(run) > 1:
            break
        else:
            run = [file]
    return run


def _within_rows(files: Sequence[StoreFile]) -> list[StoreFile]:
    taken: list[StoreFile] = []
    rows = 0
    for file in files:
        rows += file.rows
        if rows > MERGED_ROWS_MAX:
            break
        taken.append(file)
    return taken if len(taken) > 1 else []


class Merger:
    """Merges files; used by one thread at a time, beside the one that commits."""

    def __init__(
        self, database: Database, manifest: Manifest, files: StoreFiles, clock: Clock
    ) -> None:
        """Merge the files that `manifest` lists."""
        self._database, self._manifest, self._files = database, manifest, files
        self._clock = clock

    def clear_orphans(self) -> list[str]:
        """Remove what a crash left unregistered; before the first commit, never beside one."""
        with self._database.read() as connection:
            registered = self._manifest.paths(connection)
        orphans = self._files.orphans(registered)
        self._files.remove(orphans)
        return orphans

    def merge(self, hours: Iterable[int], *, is_at_rest: bool = False) -> int:
        """Merge the files of hours until nothing is left to do; return how many were merged."""
        merged = 0
        for hour in hours:
            while chosen := self._chosen(hour, is_at_rest=is_at_rest):
                self._merge(chosen)
                merged += len(chosen)
        MERGED.inc(merged)
        return merged

    def _chosen(self, hour: int, *, is_at_rest: bool) -> list[StoreFile]:
        with self._database.read() as connection:
            files = self._manifest.files(connection, (hour, hour))
        return choose(files, is_at_rest=is_at_rest)

    def _merge(self, old: Sequence[StoreFile]) -> None:
        with self._database.read() as connection:
            ranks = columns.ranks(self._manifest.source_epochs(connection))
        table = columns.ordered(self._files.read(old).combine_chunks(), ranks)
        level = max(file.level for file in old) + 1
        known_at = max(file.known_at for file in old)
        new = self._files.write(table, old[0].hour, level, known_at)
        with self._database.unit_of_work() as unit:
            is_done = self._manifest.replace(unit.connection, old, [new], self._clock.now())
        if not is_done:
            self._files.remove([new.file.path])

    def unlink_merged(self) -> int:
        """Remove files that were merged away longer than `GRACE_S` ago; return how many."""
        before = Instant(self._clock.now() - GRACE_S * _US_PER_S)
        with self._database.read() as connection:
            paths = self._manifest.merged_before(connection, before)
        self._files.remove(paths)
        if paths:
            with self._database.unit_of_work() as unit:
                self._manifest.forget_merged(unit.connection, paths)
        return len(paths)

    def crowded(self) -> list[int]:
        """Return the hours with more than one file: where a restart finds work."""
        with self._database.read() as connection:
            hours = [file.hour for file in self._manifest.files(connection)]
        return sorted({hour for hour, other in pairwise(hours) if hour == other})
