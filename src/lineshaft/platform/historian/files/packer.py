"""Packs the segments of each source that are not young any more into runs."""

from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.archive import RUN_SEGMENTS_MAX, pack
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.ports import Manifest

YOUNG_SEGMENTS = 256
"""The last segments of a source that stay a row each, so that what is asked most is at hand."""
RUNS_AT_ONCE_MAX = 16
"""Runs that one call packs: about 0.1 s of work; the next call goes on."""
PACK_LOCK = "historian.pack"


class SegmentPacker:
    """Moves headers and signatures into runs; used by one thread at a time."""

    def __init__(
        self, database: Database, manifest: Manifest, *, young_segments: int = YOUNG_SEGMENTS
    ) -> None:
        """Pack all but the last `young_segments` of each source, in full runs."""
        self._database, self._manifest = database, manifest
        self._young_segments = young_segments
        self._first_young: dict[int, int] = {}

    def pack(self) -> int:
        """Pack what fills runs, at most `RUNS_AT_ONCE_MAX`; return how many segments it was."""
        with self._database.read() as connection:
            sources = self._manifest.source_epochs(connection)
        packed = 0
        for source in sources:
            while packed < RUNS_AT_ONCE_MAX * RUN_SEGMENTS_MAX and self._is_due(source):
                packed += self._pack(source)
        return packed

    def _is_due(self, source: SourceEpoch) -> bool:
        """Tell whether a source has a full run of segments that are not young."""
        if source.mark.number - self._young_segments < RUN_SEGMENTS_MAX:
            return False
        first = self._first_young.get(source.id)
        if first is None:
            with self._database.read() as connection:
                first = self._manifest.first_young(connection, source.id)
            first = source.mark.number + 1 if first is None else first
            self._first_young[source.id] = first
        return source.mark.number - self._young_segments >= first + RUN_SEGMENTS_MAX - 1

    def _pack(self, source: SourceEpoch) -> int:
        """Pack one run, unless another process has packed it meanwhile."""
        first = self._first_young.pop(source.id)
        last = first + RUN_SEGMENTS_MAX - 1
        # A stored header never changes, so all the work is done before the transaction begins.
        with self._database.read() as connection:
            segments = self._manifest.headers(connection, source.id, first, last)
        run = pack(source.id, segments)
        with self._database.unit_of_work() as unit:
            unit.lock(PACK_LOCK)
            connection = unit.connection
            if self._manifest.first_young(connection, source.id) != first:
                return 0
            replaced = self._manifest.put_run(connection, run)
            if replaced != run.count:
                msg = f"{replaced} segments of {source.source}/{source.epoch} are stored from "
                msg += f"{first} to {last}, {run.count} were packed"
                raise InvariantError(msg)
            self._manifest.pack_paths(connection, source.id, (first, last))
        self._first_young[source.id] = last + 1
        return run.count
