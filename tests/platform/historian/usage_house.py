"""What the tests of usage events share: the use cases on a house, and events as they are sent."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.clock import RandomIds
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.held import NothingHeld
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.own import OwnKey
from lineshaft.platform.historian.usage.claims import NumberText
from lineshaft.platform.historian.usage.commits import CommitParts
from lineshaft.platform.historian.usage.model import API, UsageAnswer, UsageMode
from lineshaft.platform.historian.usage.service import UsageEvents, UsageParts
from lineshaft.platform.historian.usage.store import SqlUsageEventStore
from lineshaft.security.authorisation.model import Actor, Role
from tests.platform.historian.house import ACTOR, SECOND, START, House

ENGINEER = Actor("usr_emil", Role.ENGINEER, None, "Emil")
PRODUCER = "erp-1"
ENERGY = SignalId("m1/energy")
ALL = Period(Instant(0), Instant(2**61))


class ApiKeysOf:
    """Lets the hub's source of usage in at a house."""

    def __init__(self, house: House) -> None:
        self.key = OwnKey(1, b"u" * 32, Ed25519PrivateKey.from_private_bytes(b"u" * 32))
        public = self.key.private_key.public_key()
        house.keys.known[API, 1] = self.key.salt_secret, public

    def own_key(self) -> OwnKey:
        return self.key


class Signals:
    """Machines m1 to m9 have every signal but `gone`."""

    def unknown(self, signals: Collection[SignalId]) -> frozenset[SignalId]:
        return frozenset(one for one in signals if one.endswith("/gone") or not one.startswith("m"))


def usage_of(house: House, committer: type[Committer] = Committer) -> UsageEvents:
    """The use cases as another process has them: nothing is shared but database and directory."""
    files = StoreFiles(house.directory / "store", RandomIds(house.clock), prefix="d")
    commits = CommitParts(
        database=house.database,
        manifest=house.manifest,
        store=SqlUsageEventStore(),
        files=files,
        committer=committer(house.database, house.manifest, files, house.clock),
        held=NothingHeld(),
        keys=ApiKeysOf(house),
        clock=house.clock,
    )
    return UsageEvents(UsageParts(commits, Signals(), house.authorizer))


def event(number: int, value: Any = "5", **more: Any) -> dict[str, Any]:
    """One event as it is sent: the id and the instant follow from the number."""
    ts = format_instant(Instant(START + number * SECOND))
    content = {"id": f"e-{number}", "signal": ENERGY, "ts": ts}
    said = {} if "text" in more else {"value": value}
    return content | said | more


def events(count: int, first: int = 0, value: str = "0.1") -> list[dict[str, Any]]:
    return [event(number, NumberText(value)) for number in range(first, first + count)]


def record(
    usage: UsageEvents, *sent: Any, mode: UsageMode = UsageMode.ATOMIC, producer: str = PRODUCER
) -> UsageAnswer:
    return usage.record(ENGINEER, producer, sent, mode)


def outcomes(answer: UsageAnswer) -> list[str]:
    return [one.outcome.value for one in answer.receipts]


def total(house: House, signal: SignalId = ENERGY) -> Decimal:
    """Add up what is stored of a signal, exactly."""
    rows = house.historian.readings(ACTOR, RangeQuery(signal, ALL)).to_pylist()
    values = [Decimal(row["mantissa"]).scaleb(row["exponent"]) for row in rows if row["kind"] == 0]
    return sum(values, Decimal())
