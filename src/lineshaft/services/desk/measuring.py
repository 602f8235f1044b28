"""Usage of studies: measured once for a meter, a period and an instant of knowledge, then kept."""

from collections.abc import Iterable, Sequence

import msgspec

from lineshaft.core.errors import Refusal
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.desk.ports import DeskStore, Progress, UsageSource
from lineshaft.services.metering.model import Meter, UsageRecord

Wanted = tuple[Meter, Period]
_Key = tuple[str, str, str, Period]
KEPT_AT_ONCE = 200
"""Records that are measured from one reading of the history, and kept in one transaction."""
AHEAD_US_MAX = 32 * US_PER_DAY
"""Time whose readings are held in memory at once."""


class Measured(msgspec.Struct, frozen=True):
    """What was found, and what was refused and why."""

    records: dict[_Key, UsageRecord] = msgspec.field(default_factory=dict)
    refused: dict[_Key, str] = msgspec.field(default_factory=dict)

    def of(self, wanted: Iterable[Wanted]) -> list[UsageRecord]:
        """Return records in the order in which they are asked for.

        Raises:
            KeyError: with why it was refused, for one that could not be measured.
        """
        found = []
        for meter, period in wanted:
            key = key_of(meter, period)
            if key not in self.records:
                raise KeyError(self.refused[key])
            found.append(self.records[key])
        return found

    def known_of(self, wanted: Iterable[Wanted]) -> list[UsageRecord]:
        """Return the records of what could be measured."""
        keys = (key_of(meter, period) for meter, period in wanted)
        return [self.records[key] for key in keys if key in self.records]


class Measurer(msgspec.Struct, frozen=True):
    """Measures what is not kept yet, and keeps it."""

    database: Database
    store: DeskStore
    metering: UsageSource

    def measure(
        self, actor: Actor, wanted: Sequence[Wanted], known_at: Instant, on_progress: Progress
    ) -> Measured:
        """Return the usage of meters and periods as known at an instant, each measured once.

        Args:
            actor: who asks.
            wanted: may name the same twice.
            known_at: what was known when.
            on_progress: is told how many are measured.
        """
        asked = {key_of(meter, period): (meter, period) for meter, period in wanted}
        found = Measured()
        if not asked:
            return found
        with self.database.read() as connection:
            kept = self.store.kept_usage(
                connection, [meter for meter, _ in asked.values()], _around(wanted), known_at
            )
        found.records.update({key_of(each.meter, each.period): each for each in kept})
        missing = [asked[key] for key in asked if key not in found.records]
        done = 0
        for batch in batches(missing):
            self._measure(actor, batch, known_at, found)
            done += len(batch)
            on_progress("measuring", done, len(missing))
        return found

    def _measure(
        self, actor: Actor, batch: Sequence[Wanted], known_at: Instant, into: Measured
    ) -> None:
        metering = self.metering.ahead(batch, known_at)
        fresh: list[UsageRecord] = []
        for meter, period in batch:
            key = key_of(meter, period)
            try:
                into.records[key] = metering.usage(actor, meter, period, known_at)
            except Refusal as error:
                into.refused[key] = str(error)
            else:
                fresh.append(into.records[key])
        with self.database.unit_of_work() as unit:
            self.store.keep_usage(unit.connection, fresh)


def batches(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """Divide what is measured into parts whose readings are read at once: few, of a short time."""
    found: list[list[Wanted]] = []
    for meter, period in sorted(wanted, key=lambda each: (each[1], each[0].machine)):
        last = found[-1] if found else None
        fits = last is not None and len(last) < KEPT_AT_ONCE
        if last is None or not fits or period.end - last[0][1].start > AHEAD_US_MAX:
            found.append([])
        found[-1].append((meter, period))
    return found


def key_of(meter: Meter, period: Period) -> _Key:
    """Return what a measurement is found by: content of the meter, and period."""
    return meter.machine, meter.id, repr(meter), period


def _around(wanted: Sequence[Wanted]) -> Period:
    periods = [period for _, period in wanted]
    return Period(min(each.start for each in periods), max(each.end for each in periods))
