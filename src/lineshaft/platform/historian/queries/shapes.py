"""Fewer points for the eye: largest triangles, and a signal on a grid of time. Pure, in floats."""

import numpy as np
from numpy.typing import NDArray

from lineshaft.platform.historian.queries.model import Interpolation


def largest_triangles(
    ts: NDArray[np.int64], value: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Return which points to keep so that the line looks the same, at most `count`, in order.

    Largest-Triangle-Three-Buckets: S. Steinarsson, "Downsampling Time Series for Visual
    Representation", University of Iceland 2013, section 4.2. The first and the last point stay; of
    each bucket between, the one that spans the largest triangle with the point kept before it and
    the mean of the next bucket.

    Args:
        ts: instants, ascending.
        value: of the same length.
        count: at least 3.
    """
    size = len(ts)
    if size <= count:
        return np.arange(size)
    x = (ts - ts[0]).astype(np.float64)
    # Buckets between the first and the last point, and the last point as one of its own.
    edges = np.append(1 + np.arange(count - 1) * (size - 2) // (count - 2), size)
    lengths = np.diff(edges)
    mean_x, mean_y = (np.add.reduceat(one, edges[:-1]) / lengths for one in (x, value))
    kept = [0]
    for bucket in range(count - 2):
        start, end = int(edges[bucket]), int(edges[bucket + 1])
        at, height = x[kept[-1]], value[kept[-1]]
        area = np.abs(
            (at - mean_x[bucket + 1]) * (value[start:end] - height)
            - (at - x[start:end]) * (mean_y[bucket + 1] - height)
        )
        kept.append(start + int(area.argmax()))
    return np.array([*kept, size - 1], dtype=np.int64)


def on_grid(
    ts: NDArray[np.int64],
    value: NDArray[np.float64],
    grid: NDArray[np.int64],
    how: Interpolation,
    gap_max_us: int,
) -> NDArray[np.float64]:
    """Return what a signal is taken to be at instants; not a number where nothing says it.

    Args:
        ts: instants of the state rows in force, ascending.
        value: their numbers; not a number where a row holds none, which ends what held.
        grid: instants, ascending.
        how: as a step, or on a straight line to the next number.
        gap_max_us: a step holds for so long at most; a line spans so much at most.
    """
    result = np.full(len(grid), np.nan)
    if not len(ts):
        return result
    before = np.searchsorted(ts, grid, side="right") - 1
    after = np.minimum(before + 1, len(ts) - 1)
    place = np.maximum(before, 0)
    start, end = ts[place], ts[after]
    is_exact = (before >= 0) & (start == grid)
    if how is Interpolation.STEP:
        is_told = (before >= 0) & (grid - start <= gap_max_us)
        return np.where(is_told, value[place], result)
    is_between = (before >= 0) & (before < len(ts) - 1) & (end - start <= gap_max_us)
    share = np.where(is_between, grid - start, 0) / np.where(is_between, end - start, 1)
    line = value[place] + (value[after] - value[place]) * share
    return np.where(is_exact, value[place], np.where(is_between, line, result))
