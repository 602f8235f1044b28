"""The rows of many signals, read at once: for whoever meters a whole month.

A question about one signal costs a transaction and a scan of every file of its days, whatever it
asks. Ten thousand such questions about the same month read the same files ten thousand times; here
they are read once.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.model import SIGNALS_AHEAD_MAX, US_PER_HOUR, SourceEpoch
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.ranges import to_range
from lineshaft.platform.historian.queries.scan import Scanner


class StoredRows(msgspec.Struct, frozen=True, eq=False):
    """What `read_rows` finds.

    Attributes:
        rows: of `columns.SCHEMA`, in the order of series, then as `columns.ordered` has it.
        series: number of each signal that has one.
        sources: all there are.
    """

    rows: pa.Table
    series: dict[SignalId, int]
    sources: Sequence[SourceEpoch]

    def places(self) -> dict[SignalId, tuple[int, int]]:
        """Return where the rows of each signal begin and end."""
        series = columns.array(self.rows, "series")
        numbers = np.array(list(self.series.values()), dtype=series.dtype)
        sides = (np.searchsorted(series, numbers, side=side).tolist() for side in ("left", "right"))
        return dict(zip(self.series, zip(*sides, strict=True), strict=True))

    def as_range(self) -> pa.Table:
        """Return the rows as `RANGE_SCHEMA`."""
        return to_range(self.rows, self.sources)


def read_rows(
    connection: sa.Connection,
    stores: tuple[Manifest, Scanner],
    signals: Sequence[SignalId],
    span: Period,
    known_at: Instant,
) -> StoredRows | None:
    """Read the rows of signals in a span; None where records were lost: ask one by one.

    Raises:
        InvariantError: for more than `SIGNALS_AHEAD_MAX` signals.
        KnowledgeCut: when what was known at that instant was given up by a restore.
    """
    if len(signals) > SIGNALS_AHEAD_MAX:
        msg = f"{len(signals)} signals cannot be read ahead: at most {SIGNALS_AHEAD_MAX}"
        raise InvariantError(msg)
    manifest, scanner = stores
    series = manifest.series_ids(connection, signals)
    if not series or manifest.losses(connection):
        return None
    numbers = sorted(series.values())
    manifest.require_known(connection, numbers[0], span, known_at)
    hours = span.start // US_PER_HOUR, (span.end - 1) // US_PER_HOUR
    zones = manifest.fleet_zones(connection, numbers, hours)
    files = list({file.id: file for file in zones.files}.values())
    where = "series BETWEEN ? AND ? AND ts >= ? AND ts < ?"
    values = (numbers[0], numbers[-1], span.start, span.end)
    rows = scanner.rows(files, where, values)
    sources = manifest.source_epochs(connection)
    last = np.zeros(max((one.id for one in sources), default=0) + 1, dtype=np.int64)
    for identity, sequence in manifest.sequences_known_at(connection, known_at).items():
        last[identity] = sequence
    chosen = columns.array(rows, "sequence") <= last[columns.array(rows, "source_epoch")]
    chosen &= np.isin(columns.array(rows, "series"), np.array(numbers))
    if not chosen.all():
        rows = rows.filter(pa.array(chosen))
    ordered = columns.ordered(rows, columns.ranks(sources)).combine_chunks()
    return StoredRows(ordered, {SignalId(one): series[one] for one in series}, sources)
