"""Which small files of one hour to merge, as they come, without doing the work again and again.

Files that were merged equally often are merged `MERGE_FILES` at a time, so that each row is
rewritten once per factor of that: logarithmically often. Late rows of a closed hour are gathered
when they are of like size.
"""

from collections import defaultdict
from collections.abc import Sequence

from lineshaft.platform.historian.model import StoreFile

MERGE_FILES = 16
"""Files, merged equally often, that become one."""
LIVE_FILES_MAX = 64
"""Files of one hour that a query may have to open, full ones apart."""
MERGED_ROWS_MAX = 2_000_000
"""A file with at least half as many rows is full: it is not merged any more."""
REST_SHARE = 4
"""At rest, files are gathered with one of at most so many times their rows."""


def choose(files: Sequence[StoreFile], *, is_at_rest: bool = False) -> list[StoreFile]:
    """Choose which files of level 0 to merge now; none when nothing is to be done. Pure.

    Args:
        files: the live files of level 0 of one hour, or of one closed day.
        is_at_rest: whether no commit is expected for it.
    """
    open_files = [file for file in files if file.rows * 2 < MERGED_ROWS_MAX]
    tiers: dict[int, list[StoreFile]] = defaultdict(list)
    for file in open_files:
        tiers[file.merges].append(file)
    for merges in sorted(tiers):
        if len(tiers[merges]) >= MERGE_FILES:
            return _within_rows(sorted(tiers[merges], key=lambda file: file.id)[:MERGE_FILES])
    by_size = sorted(open_files, key=lambda file: (file.rows, file.id))
    if len(by_size) >= LIVE_FILES_MAX:
        return _within_rows(by_size[:MERGE_FILES])
    return _within_rows(_gathered(by_size)) if is_at_rest else []


def _gathered(by_size: Sequence[StoreFile]) -> list[StoreFile]:
    """Take files of like size: a file only when the smaller ones beside it are worth the work."""
    run: list[StoreFile] = []
    for file in by_size:
        if sum(one.rows for one in run) * REST_SHARE >= file.rows:
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
