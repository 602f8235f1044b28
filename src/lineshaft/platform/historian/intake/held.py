"""Paths of the blocks of held series, taken while the tree of their segment is at hand."""

from collections.abc import Callable, Iterable

from lineshaft.core.segment.merkle import path_in
from lineshaft.platform.historian.intake.unpack import Opened
from lineshaft.platform.historian.packed import HeldPath, HeldPaths
from lineshaft.platform.historian.ports import HeldSeries


class NothingHeld:
    """Holds nothing."""

    def is_held(self, signal: str) -> bool:
        """Return False."""
        del signal
        return False


def held_paths(
    segments: Iterable[tuple[int, Opened]], held: HeldSeries, series_of: Callable[[str], int]
) -> list[HeldPaths]:
    """Return the paths of all blocks of held series.

    Args:
        segments: beside the number of their source and epoch, in the order of each chain.
        held: says which signals are.
        series_of: the number of a signal.
    """
    found: dict[tuple[int, int], list[HeldPath]] = {}
    for source_epoch, segment in segments:
        for index, signal in enumerate(segment.signals):
            if held.is_held(signal):
                path = HeldPath(segment.header.number, index, path_in(segment.tree, index))
                found.setdefault((source_epoch, series_of(signal)), []).append(path)
    return [HeldPaths(*owner, paths) for owner, paths in found.items()]
