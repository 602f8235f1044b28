"""Which blocks the holds protect."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.model import US_PER_HOUR, RangeQuery, SourceEpoch, StoreFile
from lineshaft.platform.historian.ports import Manifest
from lineshaft.platform.historian.queries.ranges import RangeReader
from lineshaft.platform.historian.queries.scan import Scanner
from lineshaft.platform.historian.retention.blocks import Blocks
from lineshaft.platform.historian.retention.model import EvidenceHold, Hold, matches


class Guards:
    """The live holds, as they protect blocks of one view of the store.

    A hold of a period protects every block with a record in it, in the margin around it, and as far
    as the nearest reading before and after it; and, since a proof holds consecutive readings, what
    its source numbered between those: late data with other instants. A hold of evidence protects
    the readings that it names.
    """

    def __init__(
        self,
        holds: Sequence[Hold],
        evidence: Sequence[EvidenceHold],
        manifest: Manifest,
        scanner: Scanner,
    ) -> None:
        """Protect by `holds` and `evidence`."""
        self._holds, self._evidence = holds, evidence
        self._manifest, self._scanner = manifest, scanner
        self._spans: dict[tuple[str, int], Period] = {}

    def spares(self, signal: SignalId, period: Period) -> bool:
        """Tell whether a hold covers a period of a signal wholly: there is nothing to look for."""
        return any(
            one.guarded.start <= period.start and period.end <= one.guarded.end
            for one in self._holds
            if matches(one.pattern, signal)
        )

    def held(
        self, connection: sa.Connection, signal: SignalId, blocks: Blocks
    ) -> list[tuple[str, NDArray[np.bool_]]]:
        """Return for each hold that protects blocks of a signal its name, and which ones.

        Args:
            connection: of the view that the blocks were found in.
            signal: theirs.
            blocks: all of that signal.
        """
        found = [
            (str(one), self._in_period(connection, one, signal, blocks))
            for one in self._holds
            if matches(one.pattern, signal)
        ]
        mine = [one for one in self._evidence if one.signal == signal]
        if mine:
            numbers = _numbers(self._manifest.source_epochs(connection))
            for named in mine:
                overlaps = blocks.source_epoch == numbers.get((named.source, named.epoch), 0)
                overlaps &= blocks.first_ordinal <= named.last_ordinal
                overlaps &= blocks.last_ordinal >= named.first_ordinal
                found.append((str(named), overlaps))
        return [(name, chosen) for name, chosen in found if chosen.any()]

    def _in_period(
        self, connection: sa.Connection, hold: Hold, signal: SignalId, blocks: Blocks
    ) -> NDArray[np.bool_]:
        span = self._span(connection, hold, signal, int(blocks.series[0]))
        overlaps = (blocks.max_ts >= span.start) & (blocks.min_ts < span.end)
        if not overlaps.all():
            overlaps |= self._numbered_within(connection, span, blocks, ~overlaps)
        return overlaps

    def _span(self, connection: sa.Connection, hold: Hold, signal: SignalId, series: int) -> Period:
        """Return a hold's period with its margin, as far as the nearest readings around it."""
        known = self._spans.get((hold.id, series))
        if known is not None:
            return known
        period, guarded = hold.period, hold.guarded
        low, high = guarded.start, guarded.end
        edges = (
            RangeQuery(
                signal, Period(period.start, Instant(period.start + 1)), include_after=False
            ),
            RangeQuery(signal, Period(Instant(period.end - 1), period.end), include_before=False),
        )
        for query in edges:
            ts = RangeReader(connection, self._manifest, self._scanner, query).rows().column("ts")
            instants = ts.to_numpy()
            low = Instant(min(low, int(instants.min(initial=low))))
            high = Instant(max(high, int(instants.max(initial=high - 1)) + 1))
        self._spans[hold.id, series] = Period(low, high)
        return self._spans[hold.id, series]

    def _numbered_within(
        self, connection: sa.Connection, span: Period, blocks: Blocks, open_: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Tell which blocks lie, by their numbering, between two records of a held span."""
        result = np.zeros(len(blocks), dtype=np.bool_)
        hours = span.start // US_PER_HOUR, (span.end - 1) // US_PER_HOUR
        zones = self._manifest.zones(connection, int(blocks.series[0]), hours)
        entries = zones.entries
        before = entries["first_ordinal"] < int(blocks.last_ordinal[open_].max())
        behind = entries["last_ordinal"] > int(blocks.first_ordinal[open_].min())
        # Of a source without late data one of the two is empty, and no file is opened.
        if not (before.any() and behind.any()):
            return result
        chosen = np.flatnonzero(before | behind).tolist()
        bounds = self._bounds([zones.files[index] for index in chosen], span, blocks)
        for source_epoch, (first, last) in bounds.items():
            of_source = blocks.source_epoch == source_epoch
            result |= of_source & (blocks.last_ordinal > first) & (blocks.first_ordinal < last)
        return result & open_

    def _bounds(
        self, files: Sequence[StoreFile], span: Period, blocks: Blocks
    ) -> dict[int, tuple[int, int]]:
        where = "series = ? AND ts >= ? AND ts < ?"
        values = (int(blocks.series[0]), span.start, span.end)
        return self._scanner.ordinals(files, where, values)


def _numbers(sources: Sequence[SourceEpoch]) -> dict[tuple[str, int], int]:
    return {(one.source, one.epoch): one.id for one in sources}
