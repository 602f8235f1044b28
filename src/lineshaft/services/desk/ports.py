"""What the design desk needs: contracts, usage, documents, agreed facts, and a store."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.desk.model import CostRecord, SavedStudy
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
from lineshaft.services.metering.model import Meter, UsageRecord
from lineshaft.services.metering.service import Answer, Asked

Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class UsageSource(Protocol):
    """Measures usage; `metering.service.Metering` does."""

    def usage(self, actor: Actor, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        """Return what the meter counted in the period, from what was known at an instant."""
        ...

    def ahead(self, wanted: Sequence[tuple[Meter, Period]], known_at: Instant) -> "UsageSource":
        """Return the same with what some meters need read at once."""
        ...

    def totals(
        self, actor: Actor, asked: Sequence[Asked], known_at: Instant, on_progress: Progress
    ) -> list[list[Answer]]:
        """Return the usage of meters in their periods, added up at once, or why it is not."""
        ...

    def settle(self, now: Instant) -> Instant:
        """Return an instant for `known_at` at which everything known stays known."""
        ...


class AgreedFacts(Protocol):
    """Knows what both sides had agreed on; `incidents.service.Incidents` does."""

    def agreed_incidents(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[ServiceIncident]:
        """Return the incidents of a machine as both sides had agreed by an instant."""
        ...

    def agreed_exclusions(
        self, actor: Actor, machine: str, known_at: Instant
    ) -> list[AgreedExclusion]:
        """Return the exclusions of a machine as both sides had agreed by an instant."""
        ...


class DeskStore(Protocol):
    """Keeps studies, costs and what was measured for studies; none of them ever changes."""

    def add_study(self, connection: sa.Connection, saved: SavedStudy) -> None:
        """Keep a version of a study."""
        ...

    def study(self, connection: sa.Connection, id_: str, version: int | None) -> SavedStudy | None:
        """Return a version of a study, the last one for None."""
        ...

    def studies(self, connection: sa.Connection) -> list[SavedStudy]:
        """Return the last version of each study, the one saved last first."""
        ...

    def kept_usage(
        self, connection: sa.Connection, meters: Sequence[Meter], period: Period, known_at: Instant
    ) -> list[UsageRecord]:
        """Return what was measured of some meters within a period, as known at an instant."""
        ...

    def keep_usage(self, connection: sa.Connection, records: Iterable[UsageRecord]) -> None:
        """Keep what was measured; what is kept already stays as it is."""
        ...

    def add_costs(
        self, connection: sa.Connection, costs: Sequence[CostRecord], by: tuple[Instant, str]
    ) -> None:
        """Keep costs, with when and by whom they were recorded."""
        ...

    def costs_named(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, CostRecord]:
        """Return recorded costs by id; ids that are not recorded are left out."""
        ...

    def costs(
        self,
        connection: sa.Connection,
        period: Period,
        after: tuple[Instant, str] | None,
        limit: int,
    ) -> list[CostRecord]:
        """Return a page of the costs of which a part lies in a period, by start and id."""
        ...
