"""Sums up closed days; the compactor calls it."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.rollups.compute import entries_of
from lineshaft.platform.historian.rollups.entries import Entries
from lineshaft.platform.historian.rollups.model import STATES_MAX
from lineshaft.platform.historian.rollups.packing import pack
from lineshaft.platform.historian.rollups.rows import state_rows


class DayRollups:
    """The historian's `RollupWriter`."""

    def __init__(self, database: Database, manifest: Manifest) -> None:
        """Keep roll-ups in `manifest`."""
        self._database, self._manifest = database, manifest

    def on_day(
        self, day: int, table: pa.Table, *, is_whole: bool = True
    ) -> Callable[[sa.Connection], None]:
        """Sum up series of a day; return what writes that in the transaction of their files.

        Args:
            day: days since 1970-01-01.
            table: sorted rows of some series in that day.
            is_whole: whether these are all of them; otherwise the series have no roll-up.
        """
        packed = list(self._packed(table).items()) if is_whole else []
        series = np.unique(columns.array(table, "series")).tolist()

        def write(connection: sa.Connection) -> None:
            self._manifest.write_rollups(connection, day, series, packed)

        return write

    def _packed(self, table: pa.Table) -> dict[int, bytes]:
        with self._database.read() as connection:
            return packed_days(table, self._manifest.source_epochs(connection))


def packed_days(table: pa.Table, sources: Sequence[SourceEpoch]) -> dict[int, bytes]:
    """Sum up sorted rows of whole series in one day; return each one's roll-up.

    A series with more than `STATES_MAX` states has none.
    """
    entries = entries_of(state_rows(table, sources))
    starts = np.flatnonzero(np.r_[True, entries.series[1:] != entries.series[:-1]])
    bounds = [*starts[: len(entries)].tolist(), len(entries)]
    packed = {}
    for start, end in pairwise(bounds):
        of_series = entries.where(slice(start, end))
        if _states_count(of_series) <= STATES_MAX:
            packed[int(of_series.series[0])] = pack(of_series)
    return packed


def _states_count(entries: Entries) -> int:
    return len({state for states in entries.states.tolist() if states for state in states})
