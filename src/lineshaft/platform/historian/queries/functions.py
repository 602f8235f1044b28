"""What many signals amount to: for metering in exact fractions, for the eye in floats."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId, machine_of
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.model import POINTS_MAX
from lineshaft.platform.historian.ports import Authorizer, Manifest
from lineshaft.platform.historian.queries.buckets import Buckets, Grid, grid
from lineshaft.platform.historian.queries.fleet import FleetReader
from lineshaft.platform.historian.queries.model import (
    BUCKETS_MAX,
    GRID_VALUES_MAX,
    POINT_SCHEMA,
    FleetQuery,
    Interpolation,
)
from lineshaft.platform.historian.queries.rowgroups import RowGroups
from lineshaft.platform.historian.queries.scan import with_present_files
from lineshaft.platform.historian.queries.shapes import largest_triangles, on_grid
from lineshaft.platform.historian.rollups.entries import folded
from lineshaft.platform.historian.rollups.model import Rollup, combine, ended
from lineshaft.security.authorisation.model import Action, Actor, Resource

POINTS_MIN = 3
T = TypeVar("T")


class Functions:
    """Functions over readings; safe to share between threads.

    The answer is the same whether rows are read or roll-ups are used, and right at once when late
    readings or corrections have come.
    """

    def __init__(
        self, database: Database, manifest: Manifest, files: StoreFiles, authorizer: Authorizer
    ) -> None:
        """Answer from `manifest` and `files`; ask `authorizer` first."""
        self._database, self._manifest, self._authorizer = database, manifest, authorizer
        self._rowgroups = RowGroups(files)

    # ---- exact

    def rollups(self, actor: Actor, query: FleetQuery) -> dict[SignalId, Rollup]:
        """Return what each signal amounts to in the period; one without a state row is absent.

        What was in force before the period holds from its start, and what is in force at the last
        row holds up to its end: ask for periods that are over. The count, sum, minimum and maximum
        are of the readings within; a rise or fall from the last reading before counts as well, so
        that the increases of adjacent periods add up.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
        """
        return self._answer(actor, query, self._rollups)

    def _rollups(
        self, reader: FleetReader, series: Mapping[int, SignalId], period: Period
    ) -> dict[SignalId, Rollup]:
        ids = sorted(series)
        inside = folded(reader.entries(ids, period))
        before = reader.carried(ids, period.start)
        result = {}
        for one in ids:
            parts = [found[one] for found in (before, inside) if one in found]
            if parts:
                whole = parts[0] if len(parts) == 1 else combine(*parts)
                result[series[one]] = ended(whole, period.end)
        return result

    def increase(self, actor: Actor, query: FleetQuery) -> dict[SignalId, Fraction]:
        """Return by how much each counter rose in the period, through resets to zero.

        A signal without a good number in or before the period is absent.
        """
        found = self.rollups(actor, query)
        return {signal: one.increase for signal, one in found.items() if one.last is not None}

    def time_weighted_mean(self, actor: Actor, query: FleetQuery) -> dict[SignalId, Fraction]:
        """Return the mean of each signal over the time in which a good number was in force."""
        means = {
            signal: one.time_weighted_mean for signal, one in self.rollups(actor, query).items()
        }
        return {signal: mean for signal, mean in means.items() if mean is not None}

    def state_durations(self, actor: Actor, query: FleetQuery) -> dict[SignalId, dict[str, int]]:
        """Return for how many microseconds of the period each signal was in each state."""
        return {signal: dict(one.state_us) for signal, one in self.rollups(actor, query).items()}

    # ---- for the eye

    def buckets(self, actor: Actor, query: FleetQuery, width_us: int) -> pa.Table:
        """Return minimum, maximum, mean and count by bucket of several signals.

        Args:
            actor: who asks.
            query: signals and period.
            width_us: of a bucket; the first begins with the period. Whole hours from a whole hour
                on are answered from roll-ups.

        Returns:
            `FLEET_BUCKET_SCHEMA`, by signal as asked and by instant.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
            Invalid: when `width_us` is not positive, or there are more than `BUCKETS_MAX` buckets.
        """
        count = -(-query.period.duration_us // width_us) if width_us > 0 else 0
        if not 0 < count * max(len(query.signals), 1) <= BUCKETS_MAX:
            msg = (
                f"cannot make {count} buckets of {width_us} us for {len(query.signals)} signals: "
                f"expected a positive width and at most {BUCKETS_MAX} buckets in all"
            )
            raise Invalid(msg)
        layout = Grid(query.period.start, width_us, count)
        return self._answer(
            actor,
            query,
            lambda reader, series, period: _buckets(
                reader, sorted(series), period, layout
            ).fleet_table(series, query.signals),
        )

    def downsample(
        self, actor: Actor, signal: SignalId, period: Period, points: int = POINTS_MAX
    ) -> pa.Table:
        """Return a signal in at most `points` buckets; see `Historian.downsample`."""
        layout = grid(period, points)
        query = FleetQuery([signal], period)
        return self._answer(
            actor,
            query,
            lambda reader, series, span: _buckets(reader, sorted(series), span, layout).table(),
        )

    def largest_triangles(
        self, actor: Actor, query: FleetQuery, points: int = POINTS_MAX
    ) -> dict[SignalId, pa.Table]:
        """Return of each signal at most `points` readings that draw the same line (LTTB).

        Returns:
            `POINT_SCHEMA`, of the good numbers in force.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
            Invalid: when `points` is not from 3 to `POINTS_MAX`, or the period has more readings
                than can be held in memory.
        """
        if not POINTS_MIN <= points <= POINTS_MAX:
            msg = f"cannot reduce to {points} points: expected {POINTS_MIN} to {POINTS_MAX}"
            raise Invalid(msg)

        def work(
            reader: FleetReader, series: Mapping[int, SignalId], period: Period
        ) -> dict[SignalId, pa.Table]:
            found = _values(reader, sorted(series), period)
            result = {}
            for one, (instants, numbers) in found.items():
                is_number = ~np.isnan(numbers)
                ts, value = instants[is_number], numbers[is_number]
                kept = largest_triangles(ts, value, points)
                arrays = [pa.array(ts[kept]), pa.array(value[kept])]
                result[series[one]] = pa.table(arrays, schema=POINT_SCHEMA)
            return result

        return self._answer(actor, query, work)

    def on_grid(
        self,
        actor: Actor,
        query: FleetQuery,
        step_us: int,
        how: Interpolation,
        gap_max_us: int,
    ) -> pa.Table:
        """Return several signals at the same instants: `ts` and a column per signal.

        Args:
            actor: who asks.
            query: signals and period.
            step_us: between two instants; the first is the start of the period.
            how: what a signal is taken to be between two readings.
            gap_max_us: how long a reading holds, or how far apart the ends of a line may be.

        Returns:
            Floats, null where nothing says what the signal was.

        Raises:
            Forbidden: when the actor may not see one of the machines in this period.
            Invalid: when a width is not positive, or there are more than `GRID_VALUES_MAX` values.
        """
        period = query.period
        count = -(-period.duration_us // step_us) if step_us > 0 else 0
        if gap_max_us <= 0 or not 0 < count * max(len(query.signals), 1) <= GRID_VALUES_MAX:
            msg = (
                f"cannot lay {len(query.signals)} signals on {count} instants, gaps of at most "
                f"{gap_max_us} us bridged: expected positive widths and at most "
                f"{GRID_VALUES_MAX} values"
            )
            raise Invalid(msg)
        instants = period.start + np.arange(count) * step_us
        reach = Period(Instant(period.start - gap_max_us), Instant(period.end + gap_max_us))

        def work(
            reader: FleetReader, series: Mapping[int, SignalId], _: Period
        ) -> dict[SignalId, NDArray[np.float64]]:
            found = _values(reader, sorted(series), reach)
            return {
                series[one]: on_grid(*values, instants, how, gap_max_us)
                for one, values in found.items()
            }

        columns = self._answer(actor, query, work)
        nothing = np.full(count, np.nan)
        arrays = [
            pa.array(columns.get(signal, nothing), from_pandas=True) for signal in query.signals
        ]
        return pa.table([pa.array(instants), *arrays], names=["ts", *query.signals])

    # ----

    def _answer(
        self,
        actor: Actor,
        query: FleetQuery,
        work: Callable[[FleetReader, Mapping[int, SignalId], Period], T],
    ) -> T:
        """Authorise, and work on what one read transaction sees."""
        for machine in sorted({machine_of(signal) for signal in query.signals}):
            resource = Resource("machine", machine, machine=machine, period=query.period)
            self._authorizer.authorize(actor, Action.READING_QUERY, resource)

        def attempt() -> T:
            with self._database.read() as connection:
                ids = self._manifest.series_ids(connection, query.signals)
                series = {number: SignalId(signal) for signal, number in ids.items()}
                reader = FleetReader(
                    connection,
                    self._manifest,
                    self._rowgroups,
                    query.known_at,
                    rows_only=query.rows_only,
                )
                return work(reader, series, query.period)

        return with_present_files(attempt)


def _buckets(reader: FleetReader, series: Sequence[int], period: Period, layout: Grid) -> Buckets:
    """Fill buckets, from hours where the grid cuts none."""
    buckets = Buckets(layout, series)
    if layout.is_of_hours:
        trusted, sums = reader.hours(series, period, buckets.of_rows, numbers_only=True)
        buckets.add([buckets.of_entries(trusted), *sums])
    else:
        buckets.add(reader.each(series, period, buckets.of_rows, numbers_only=True))
    return buckets


def _values(
    reader: FleetReader, series: Sequence[int], period: Period
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return instants and numbers of the state rows in force; not a number where one has none."""
    rows = reader.rows(series, period)
    value = rows.floats()
    bounds = [slice(*np.searchsorted(rows.series, [one, one + 1]).tolist()) for one in series]
    return {one: (rows.ts[bound], value[bound]) for one, bound in zip(series, bounds, strict=True)}
