"""Usage that becomes known bit by bit, and a hub that bills it."""

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import Meter, UsageRecord
from tests.services.billing.examples import PERIOD, plain_contract, record
from tests.services.hub import Hub

TIERS: dict[str, Any] = {
    "model": "graduated",
    "unit": "SEC",
    "tiers": [
        {"up_to": "1000", "unit_price": "0.10"},
        {"up_to": "5000", "unit_price": "0.08"},
        {"up_to": None, "unit_price": "0.05"},
    ],
}
"""Tier T of the cases."""
STEP_US = 60_000_000


@dataclass
class LateUsage:
    """Implements `UsageSource`: what a period counted depends on what was known when.

    Attributes:
        of: the contract whose first meter counts; every other meter counts nothing.
        known: of each period the amounts, each since the instant when it became known.
    """

    of: Contract
    known: dict[Period, list[tuple[Instant, int]]] = field(default_factory=dict)

    def usage(self, _actor: object, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        place = self.of.meters().index(meter)
        amounts = [amount for since, amount in self.known.get(period, []) if since <= known_at]
        amount = amounts[-1] if amounts and place == 0 else 0
        return record(self.of, place, amount, period, known_at=known_at)

    def missing(
        self, _actor: object, _meter: Meter, period: Period, _known_at: Instant
    ) -> list[Period]:
        return [period]

    def settle(self, now: Instant) -> Instant:
        return now

    def ahead(self, _wanted: object, _known_at: Instant) -> "LateUsage":
        return self

    def learn(self, period: Period, since: Instant, amount: int) -> None:
        self.known.setdefault(period, []).append((since, amount))


@dataclass
class LateHub:
    """A hub with one activated contract; `learn` lets time pass."""

    hub: Hub
    usage: LateUsage
    billing: Billing

    def learn(self, amount: int, period: Period = PERIOD) -> None:
        self.hub.clock.advance(STEP_US)
        self.usage.learn(period, self.hub.clock.now(), amount)


def late_hub(hub: Hub, of: Contract | None = None, **parts: Any) -> LateHub:
    """Return a hub that bills what it is told; tiers T unless another contract is given."""
    made = hub.activated(plain_contract(TIERS) if of is None else of)
    usage = LateUsage(made)
    return LateHub(hub, usage, Billing(replace(hub.parts, metering=usage, **parts)))
