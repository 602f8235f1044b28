"""A hub whose billing rests on stored segments: nothing is made up, only the bus is left out."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from lineshaft.infrastructure.database import Database, upgrade
from lineshaft.security.keys.model import KeyFile, SourcePublicKey
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from tests.platform.historian.house import House, Source
from tests.services.contracts.examples import contract
from tests.services.evidence.world import HOUR_US, PERIOD, SECRET_TEXT
from tests.services.hub import FINANCE, NOW, Hub, build_hub

NUMBER = "NM-2017-000001"
MINUTE_US = 60_000_000


@dataclass
class Plant:
    """The rooms from the historian up to evidence, on one SQLite database."""

    hub: Hub
    house: House
    billing: Billing
    evidence: Evidence
    source: Source

    def keys(self) -> bytes:
        """Return the key file with the source's key, which identity would add."""
        public = self.source.key.public_key().public_bytes_raw()
        file = KeyFile.parse(self.hub.keys.key_file())
        return replace(file, sources=(SourcePublicKey(self.source.name, 1, public),)).encode()


def recorded_day(step_us: int = MINUTE_US) -> Source:
    """Record a count each step, a state every 30, and a neighbour's secret between."""
    source = Source("edge-1")
    start = PERIOD.start - HOUR_US
    for number in range(26 * HOUR_US // step_us):
        ts = start + number * step_us
        source.add("mazak01/cut_time", ts, number * step_us // 2_000_000, 0)
        if number % 30 == 0:
            state = ("ACTIVE", "READY", "INTERRUPTED")[number // 30 % 3]
            source.add("mazak01/execution", ts + 1, text=state)
        source.add("mazak02/secret_recipe", ts + 2, text=SECRET_TEXT)
        if number % 10 == 9:
            source.seal()
    return source


def build_plant(directory: Path, source: Source, agreed: Contract | None = None) -> Plant:
    """Store the source's day, agree on a contract (the example's) and issue its document."""
    database = Database(f"sqlite:///{directory / 'hub.sqlite'}")
    upgrade(database)
    hub = build_hub(database, directory / "keys")
    house = House(directory, database)
    house.clock.advance(NOW - HOUR_US - house.clock.now())
    house.store(source, per_commit=40)
    metering = Metering(house.historian, hub.authorizer, database, SqlUsageStore())
    billing = Billing(replace(hub.parts, metering=metering))
    evidence = Evidence(database, billing, house.historian, hub.keys, hub.authorizer)
    hub.activated(agreed or contract())
    billing.issue(FINANCE, "c-1001", PERIOD)
    return Plant(hub, house, billing, evidence, source)
