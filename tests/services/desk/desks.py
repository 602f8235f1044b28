"""A design desk over a real database, contracts and billing; only usage is made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.model import Contract
from lineshaft.services.desk.model import Months, Study, Variant
from lineshaft.services.desk.service import DesignDesk, DeskParts
from lineshaft.services.desk.store import SqlDeskStore
from lineshaft.services.metering.model import Meter, TimedState, UsageRecord
from lineshaft.services.metering.totals import Answer, Asked, NotPlain, Progress
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import contract, offering
from tests.services.hub import FINANCE, NOW, Hub, build_hub

MINUTE = 60 * US_PER_S
MONTHS = Months("2017-06", "2017-06")
MACHINES = ("mazak01", "mazak02")


@dataclass
class MadeUsage:
    """Implements `UsageSource`: each day a machine cuts so many seconds, and fails in the morning.

    The second machine cuts twice as long and is down half as long as the first.
    """

    asked: list[tuple[str, str, Period]] = field(default_factory=list)

    def usage(self, actor: Actor, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        self.asked.append((meter.machine, meter.id, period))
        number = MACHINES.index(meter.machine) + 1
        day = (period.start // (86_400 * US_PER_S)) % 7
        down = (60 + 60 * day) * MINUTE // number
        made = UsageRecord(
            meter=meter,
            period=period,
            known_at=known_at,
            quantity=Quantity(Fraction(number * (9_000 + 1_000 * day)), meter.unit),
            covered_us=period.duration_us,
            evidence_root=f"{number:064x}",
        )
        if meter.id != "execution":
            return made
        states = {"ACTIVE": period.duration_us - down, "INTERRUPTED": down}
        made = replace(made, states=states)
        if not meter.parameters.to_content().get("keeps_spans"):
            return made
        early = 6 * 60 * MINUTE
        spans = [(early, "ACTIVE"), (down, "INTERRUPTED")]
        spans.append((period.duration_us - early - down, "ACTIVE"))
        return replace(made, spans=tuple(TimedState(us, state, state) for us, state in spans))

    def ahead(self, wanted: Sequence[tuple[Meter, Period]], known_at: Instant) -> "MadeUsage":
        return self

    def totals(
        self, _actor: Actor, asked: Sequence[Asked], _known_at: Instant, _on_progress: Progress
    ) -> list[list[Answer]]:
        return [[NotPlain.NOT_STORED] * len(periods) for _, periods in asked]

    def settle(self, now: Instant) -> Instant:
        return now


@dataclass
class DeskHub:
    """A hub and its desk."""

    hub: Hub
    usage: MadeUsage
    billing: Billing
    desk: DesignDesk


def build_desk_hub(database: Database, keys: Path) -> DeskHub:
    hub, usage = build_hub(database, keys), MadeUsage()
    billing = Billing(replace(hub.parts, metering=usage))
    parts = DeskParts(
        database=database,
        store=SqlDeskStore(),
        contracts=hub.contracts,
        billing=billing,
        metering=usage,
        authorizer=hub.authorizer,
        audit=hub.audit,
        clock=hub.clock,
        engine=ENGINE,
    )
    return DeskHub(hub, usage, billing, DesignDesk(parts))


def sold(desk_hub: DeskHub) -> Contract:
    """A contract of two machines, billed by the day from 10 June on: 14 days until `NOW`."""
    made = contract(machines=list(MACHINES), start="2017-06-10T00:00:00Z")
    return desk_hub.hub.activated(made)


def study(*variants: Variant, **changes: object) -> Study:
    fields = {
        "id": "summer",
        "version": 1,
        "name": "Summer prices",
        "months": MONTHS,
        "variants": variants or (Variant("As contracted"),),
        "known_at": NOW,
        "seed": 11,
    }
    return Study(**(fields | changes))  # type: ignore[arg-type]


def dearer(price: str = "90.00", version: int = 1) -> Variant:
    """The example offering with another price of the first two hours, under its own label."""
    terms = offering().to_content()["terms"]
    terms["usage_prices"][0]["price"]["tiers"][0]["unit_price"] = price
    return Variant(f"At {price}", offering(version=version, terms=terms))


__all__ = ["FINANCE", "NOW", "DeskHub", "build_desk_hub", "dearer", "sold", "study"]
