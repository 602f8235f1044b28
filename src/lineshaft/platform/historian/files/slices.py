"""How a merge is cut up so that it fits into memory: files, slices of files, rows of each input.

Pure: all of it follows from the zone maps of the inputs, which say how many rows each has of each
series. As every input is read once from its beginning to its end, a slice is a number of rows per
input.
"""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from lineshaft.platform.historian.model import DAY_SERIES_ROWS_MAX

FILE_ROWS = 2_000_000
"""Rows of an hour or day file, about: a new one begins with the next series."""
SLICE_ROWS_MAX = 500_000
"""Rows in memory at once, where no series alone has more (then `DAY_SERIES_ROWS_MAX`)."""
_WORTH_A_CUT = FILE_ROWS // 4
_ROWS_MAX = FILE_ROWS * 3 // 2

RowMap = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The series of a file, ascending, and how many rows it has of each."""


class Slice(msgspec.Struct, frozen=True):
    """Rows that are merged at once.

    Attributes:
        taken: by input, how many rows come next.
        is_whole: whether they are all rows that the inputs have of their series.
    """

    taken: dict[int, int]
    is_whole: bool = True


def cut(
    maps: Sequence[RowMap], hours: Sequence[int], cuts: Iterable[int] = ()
) -> list[list[Slice]]:
    """Cut a merge into new files, and each into slices.

    Args:
        maps: of the inputs.
        hours: of the inputs, the hour of their first row; of a series with very many rows, inputs
            with different hours are merged one hour after the other. All the same where inputs
            span more than an hour.
        cuts: series that other files of the day begin with: files that begin with the same series
            are merged with each other, and not with all others, when the day is closed.
    """
    series, position = np.unique(np.concatenate([one for one, _ in maps]), return_inverse=True)
    owner = np.repeat(np.arange(len(maps)), [len(one) for one, _ in maps])
    rows = np.concatenate([one for _, one in maps])
    totals = np.zeros(len(series), dtype=np.int64)
    np.add.at(totals, position, rows)
    starts, is_new_file = _starts(series.tolist(), totals.tolist(), frozenset(cuts))
    by = np.argsort(position, kind="stable")
    ends = np.cumsum(np.bincount(position, minlength=len(series)))
    files: list[list[Slice]] = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(series)
        chosen = by[(ends[start - 1] if start else 0) : ends[end - 1]]
        if is_new_file[index]:
            files.append([])
        pairs = (owner[chosen], rows[chosen])
        if totals[start] > DAY_SERIES_ROWS_MAX:
            files[-1] += _hourly(*pairs, hours)
        else:
            files[-1].append(Slice(_sums(*pairs)))
    return files


def _starts(
    series: Sequence[int], totals: Sequence[int], cuts: frozenset[int]
) -> tuple[list[int], list[bool]]:
    """Return with which series a slice begins, and whether a file begins there as well."""
    starts, is_new_file = [], []
    in_file, in_slice = 0, 0
    count = -(-sum(totals) // FILE_ROWS)
    file_max = _ROWS_MAX if cuts else -(-sum(totals) // count)
    for index, (number, rows) in enumerate(zip(series, totals, strict=True)):
        begins = not index or (in_file and in_file + rows // 2 > file_max)
        begins = begins or (number in cuts and in_file >= _WORTH_A_CUT)
        if begins or in_slice + rows > SLICE_ROWS_MAX:
            starts.append(index)
            is_new_file.append(bool(begins))
            in_slice = 0
        if begins:
            in_file = 0
        in_file += rows
        in_slice += rows
    return starts, is_new_file


def _sums(owner: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for one, count in zip(owner.tolist(), rows.tolist(), strict=True):
        taken[one] = taken.get(one, 0) + count
    return taken


def _hourly(owner: NDArray[np.int64], rows: NDArray[np.int64], hours: Sequence[int]) -> list[Slice]:
    """Cut one series with very many rows at the hours: rows of different hours never mix."""
    taken = _sums(owner, rows)
    present = sorted({hours[one] for one in taken})
    return [
        Slice({one: count for one, count in taken.items() if hours[one] == hour}, is_whole=False)
        for hour in present
    ]
