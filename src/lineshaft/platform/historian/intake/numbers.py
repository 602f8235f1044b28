"""The numbers under which the store knows sources and signals."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from numpy.typing import NDArray

from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.intake.unpack import Opened
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.ports import Manifest

SERIES_CACHED_MAX = 200_000


class Known(msgspec.Struct, frozen=True):
    """The numbers of what some segments name.

    Attributes:
        sources: of the source and epoch of each segment.
        series: of each signal; of others perhaps too.
        ranks: see `columns.ordered`.
    """

    sources: list[int]
    series: Mapping[str, int]
    ranks: NDArray[Any]


class Numbers:
    """Gives every new source and signal its number; several threads may ask at once."""

    def __init__(self, database: Database, manifest: Manifest) -> None:
        """Keep the numbers in the manifest, and those that are used in memory."""
        self._database, self._manifest = database, manifest
        self._sources: dict[tuple[SourceId, int], SourceEpoch] = {}
        self._series: dict[str, int] = {}
        self._lock = threading.Lock()

    def source(self, source: SourceId, epoch: int) -> SourceEpoch:
        """Return a source and epoch under its number; its mark may be older than the stored one.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        with self._lock:
            self._intern_sources([(source, epoch)])
            return self._sources[source, epoch]

    def of(self, segments: Sequence[Opened]) -> Known:
        """Return the numbers of all that segments name; should their commit fail, some stay unused.

        Raises:
            Unavailable: when the database cannot be written now.
        """
        with self._lock:
            keys = [(one.header.source, one.header.epoch) for one in segments]
            self._intern_sources(keys)
            self._intern_series(segments)
            sources = [self._sources[key].id for key in keys]
            return Known(sources, self._series, columns.ranks(self._sources.values()))

    def _intern_sources(self, keys: Iterable[tuple[SourceId, int]]) -> None:
        """Give every new source and epoch its number, all in one transaction."""
        missing = sorted(set(keys) - self._sources.keys())
        if missing:
            with self._database.unit_of_work() as unit:
                found = [self._manifest.intern_source(unit.connection, *key) for key in missing]
            self._sources |= dict(zip(missing, found, strict=True))

    def _intern_series(self, segments: Sequence[Opened]) -> None:
        missing = {name for one in segments for name in one.signals if name not in self._series}
        if not missing:
            return
        with self._database.unit_of_work() as unit:
            found = dict(self._manifest.intern_series(unit.connection, missing))
        if len(self._series) + len(found) > SERIES_CACHED_MAX:
            # Others may still look into the one that there was: it stays as it is.
            self._series = self._all_ids(segments)
        self._series |= found

    def _all_ids(self, segments: Sequence[Opened]) -> dict[str, int]:
        with self._database.read() as connection:
            names = {name for one in segments for name in one.signals}
            return dict(self._manifest.series_ids(connection, names))
