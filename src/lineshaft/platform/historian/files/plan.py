"""What is to be merged next. Pure: a function of the manifest and the time.

An hour is closed when it is over and has rested: its files become hour files, split by series.
A day is closed when it is over and all its hours are closed: its hour files become day files. Late
rows come as files of level 0 again. They are gathered beside the closed ones, and join those of
their series when they are worth the work. So rows are written a few times each, however late and in
however small pieces they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lineshaft.core.period import Instant
from lineshaft.platform.historian.files.merge import choose
from lineshaft.platform.historian.model import (
    DAY_LEVEL,
    HOUR_LEVEL,
    HOURS_PER_DAY,
    US_PER_HOUR,
    StoreFile,
)

REST_S = 10
"""An hour, or a day, without a commit for so long has come to rest."""
LATE_SHARE = 4
"""Late rows join closed files of at most so many times their number."""
WRITES_PER_ROW_MAX = 16
"""How often rows are written beside their commit, on the average over all rows.

As it comes, a row is gathered by count: once per factor of `MERGE_FILES`. To close its hour and its
day is one write each. When it is late, gathering costs it `1 + LATE_SHARE` writes per doubling of
the file that it is in, and joining as many once."""
RUNS_MAX = 32
"""Full files of one hour that a query of a series may have to open; then they are split."""
FAN_IN_MAX = 96
"""Files that a merge reads at the same time."""
_US_PER_S = 1_000_000


class Job(msgspec.Struct, frozen=True):
    """Files that become others.

    Attributes:
        level, hour, hours, merges: of the new files; see `StoreFile`.
        cuts: series that other files of the day begin with.
    """

    files: tuple[StoreFile, ...]
    level: int
    hour: int
    hours: int = 1
    merges: int = 0
    cuts: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """How many rows it writes."""
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """How many bytes it reads."""
        return sum(file.size for file in self.files)


def plan(files: Iterable[StoreFile], now: Instant) -> list[Job]:
    """Return what is to be done, the most urgent first; no two jobs share a file.

    Args:
        files: all files of the days in which something is not in day files yet.
        now: the present instant.
    """
    days: dict[int, list[StoreFile]] = defaultdict(list)
    for file in files:
        days[file.day].append(file)
    jobs = [job for day in sorted(days) for job in _of_day(days[day], now)]
    return sorted(jobs, key=lambda job: (job.level == DAY_LEVEL, job.hour))


def _of_day(files: Sequence[StoreFile], now: Instant) -> list[Job]:
    day = files[0].day
    is_closed = any(file.level == DAY_LEVEL for file in files)
    closing = _closing_day(files, now)
    taken = {file.id for job in closing for file in job.files}
    if closing and not is_closed:
        return closing
    left = [file for file in files if file.id not in taken]
    if is_closed:
        return closing + _late(left, now, day * HOURS_PER_DAY, HOURS_PER_DAY)
    hours: dict[int, list[StoreFile]] = defaultdict(list)
    for file in left:
        hours[file.hour].append(file)
    cuts = frozenset(file.min_series for file in files if file.level == HOUR_LEVEL)
    return [job for hour in sorted(hours) for job in _of_hour(hours[hour], now, cuts)]


def _of_hour(files: Sequence[StoreFile], now: Instant, cuts: frozenset[int]) -> list[Job]:
    hour = files[0].hour
    if any(file.level for file in files):
        return _late(files, now, hour, 1)
    is_over = (hour + 1) * US_PER_HOUR <= now
    if is_over and _has_rested(files, now) and depth(files) <= FAN_IN_MAX:
        return [Job(tuple(files), HOUR_LEVEL, hour, cuts=cuts)]
    return _gather(files, hour, 1)


def _closing_day(files: Sequence[StoreFile], now: Instant) -> list[Job]:
    """Close a day: hour files that share series become day files together."""
    day = files[0].day
    is_over = (day + 1) * HOURS_PER_DAY * US_PER_HOUR <= now
    closed_hours = {file.hour for file in files if file.level == HOUR_LEVEL}
    is_closed = any(file.level == DAY_LEVEL for file in files)
    is_pending = not is_closed and any(
        file.level == 0 and file.hour not in closed_hours for file in files
    )
    if not (is_over and closed_hours) or is_pending or not _has_rested(files, now):
        return []
    return [
        Job(tuple(group), DAY_LEVEL, day * HOURS_PER_DAY, HOURS_PER_DAY)
        for group in sharing_series([file for file in files if file.level > 0])
        if any(file.level == HOUR_LEVEL for file in group)
    ]


def _late(files: Sequence[StoreFile], now: Instant, hour: int, hours: int) -> list[Job]:
    """Gather late rows of a closed hour or day, or join them with its files."""
    late = [file for file in files if file.level == 0]
    if not late:
        return []
    closed = [file for file in files if file.level > 0]
    low = min(file.min_series for file in late)
    high = max(file.max_series for file in late)
    beside = [file for file in closed if file.min_series <= high and file.max_series >= low]
    is_worth = sum(file.rows for file in late) * LATE_SHARE >= sum(file.rows for file in beside)
    together = [*beside, *late]
    is_at_rest = _has_rested(late, now)
    if is_at_rest and is_worth and depth(together) <= FAN_IN_MAX:
        return [Job(tuple(together), HOUR_LEVEL if hours == 1 else DAY_LEVEL, hour, hours)]
    return _gather(late, hour, hours, is_at_rest=is_at_rest)


def _gather(
    files: Sequence[StoreFile], hour: int, hours: int, *, is_at_rest: bool = False
) -> list[Job]:
    """Gather small files; split full ones where a query of one series would open too many."""
    chosen = choose(files, is_at_rest=is_at_rest)
    if not chosen:
        tiers: dict[int, list[StoreFile]] = defaultdict(list)
        for file in files:
            tiers[file.merges].append(file)
        crowded = [tier for tier in tiers.values() if depth(tier) >= RUNS_MAX]
        chosen = sorted(crowded[0], key=lambda one: one.id)[:FAN_IN_MAX] if crowded else []
    if not chosen:
        return []
    return [Job(tuple(chosen), 0, hour, hours, max(file.merges for file in chosen) + 1)]


def _has_rested(files: Sequence[StoreFile], now: Instant) -> bool:
    return max(file.known_at for file in files) + REST_S * _US_PER_S <= now


def depth(files: Iterable[StoreFile]) -> int:
    """Return how many files there are at most that may have the same series."""
    ends = [(file.min_series, 1) for file in files]
    ends += [(file.max_series + 1, -1) for file in files]
    deepest = present = 0
    for _, step in sorted(ends):
        present += step
        deepest = max(deepest, present)
    return deepest


def sharing_series(files: Iterable[StoreFile]) -> list[list[StoreFile]]:
    """Group files so that those of different groups have no series in common."""
    groups: list[list[StoreFile]] = []
    reached = 0
    for file in sorted(files, key=lambda one: (one.min_series, one.id)):
        if not groups or file.min_series > reached:
            groups.append([])
            reached = file.max_series
        groups[-1].append(file)
        reached = max(reached, file.max_series)
    return groups
