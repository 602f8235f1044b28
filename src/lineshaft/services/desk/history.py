"""Which contract bills which machine when: activated versions, and their billed periods. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts.model import Contract, ContractRecord
from lineshaft.services.desk.checks import Months

Case = tuple[Contract, Period]


class ContractHistory(msgspec.Struct, frozen=True):
    """The activated versions of one contract, the first one first."""

    id: str
    versions: tuple[Contract, ...]

    @classmethod
    def of(cls, id_: str, records: Iterable[ContractRecord]) -> "ContractHistory":
        """Take what binds."""
        bound = (each.contract for each in records if each.activated_at is not None)
        return cls(id_, tuple(bound))

    def in_force(self, period: Period) -> Contract | None:
        """Return the last version that covers the whole of a period, as billing does."""
        return next((each for each in reversed(self.versions) if each.covers(period)), None)

    def at(self, instant: Instant) -> Contract | None:
        """Return the version that binds at an instant."""
        return self.in_force(Period(instant, Instant(instant + 1)))

    @property
    def calendar(self) -> tuple[object, ...]:
        """What the billed periods of a contract follow from: those of equal ones are equal."""
        return tuple(
            (each.start, each.end, each.time_zone, each.billing_period, each.anchor_day)
            for each in self.versions
        )

    def cases(self, months: Months, until: Instant) -> list[Case]:
        """Return the billed periods that begin in some months and are over, with their version."""
        return [(self.versions[at], period) for at, period in self.periods(months, until)]

    def periods(self, months: Months, until: Instant) -> list[tuple[int, Period]]:
        """Return the same, with the place of the version."""
        found: list[tuple[int, Period]] = []
        if not self.versions:
            return found
        span = months.period(self.versions[-1].time_zone)
        at = span.start
        while at < min(span.end, until):
            version = self.at(at)
            if version is None:
                later = [each.starts_at for each in self.versions if each.starts_at > at]
                if not later:
                    break
                at = min(later)
                continue
            period = version.billed_period(at)
            binding = self.in_force(period)
            if binding is not None and period.end <= until:
                found.append((self.versions.index(binding), period))
            at = period.end
        return found


def cases_of(
    histories: Iterable[ContractHistory], months: Months, until: Instant
) -> Iterator[Case]:
    """Yield the cases of many contracts; the calendar of those with the same is looked at once."""
    known: dict[tuple[object, ...], list[tuple[int, Period]]] = {}
    for history in histories:
        calendar = history.calendar
        if calendar not in known:
            known[calendar] = history.periods(months, until)
        yield from ((history.versions[at], period) for at, period in known[calendar])


def binding_of(
    histories: Sequence[ContractHistory], machine: str, instant: Instant
) -> Contract | None:
    """Return the contract that bills a machine at an instant; of several the first by id."""
    for history in histories:
        version = history.at(instant)
        if version is not None and machine in version.machines:
            return version
    return None
