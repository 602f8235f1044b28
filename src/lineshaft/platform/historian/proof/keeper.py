"""Makes the paths of series that are held later than their rows came: rebuilt once, then stored."""

from collections.abc import Sequence

from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.archive import RUN_SEGMENTS_MAX
from lineshaft.platform.historian.files.packer import PACK_LOCK
from lineshaft.platform.historian.model import SourceEpoch
from lineshaft.platform.historian.packed import HeldPath, HeldPaths
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.proof.prover import Prover


class PathKeeper:
    """Stores the way from the blocks of series up to the signed roots, wherever it is not yet."""

    def __init__(self, database: Database, manifest: Manifest, prover: Prover) -> None:
        """Rebuild with `prover`."""
        self._database, self._manifest, self._prover = database, manifest, prover

    def keep(self, signals: Sequence[SignalId]) -> int:
        """Make all missing paths of signals; return how many. After a crash it goes on.

        It reads every row of the segments without a path, of all series: as long as one check of
        that part of the store takes.

        Raises:
            ProofBroken: when the rows of a segment do not lead to the signed root.
        """
        with self._database.read() as connection:
            sources = self._manifest.source_epochs(connection)
            series = self._manifest.series_ids(connection, signals)
        return sum(self._keep(source, series) for source in sources)

    def _keep(self, source: SourceEpoch, series: dict[str, int]) -> int:
        made: dict[int, list[HeldPath]] = {}
        count = waiting = 0
        signals = [SignalId(signal) for signal in series]
        for _, found in self._prover.paths(signals, source):
            for signal, path in found:
                made.setdefault(series[signal], []).append(path)
                count += 1
            waiting += 1
            if waiting == RUN_SEGMENTS_MAX:
                self._store(source, made)
                made, waiting = {}, 0
        self._store(source, made)
        return count

    def _store(self, source: SourceEpoch, made: dict[int, list[HeldPath]]) -> None:
        if made:
            with self._database.unit_of_work() as unit:
                unit.lock(PACK_LOCK)
                for series, paths in made.items():
                    self._manifest.put_paths(unit.connection, HeldPaths(source.id, series, paths))
