"""A real installation for the tests of the pages: the demo's plant, a day of readings, an invoice.

Run as a program it makes one, serves its pages and feeds live values:
`python -m tests.web.hub DIRECTORY PORT_FILE`.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.webhook_parts import delivering_parts
from lineshaft.core.messages import EnrolRequest, LiveBatch, LiveValue, Notice, enrol_proof
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.core.reading import RecordKind, SignalId, StatusCode, signal_id
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.infrastructure.database import OutboxMessage
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.infrastructure.settings import load_settings
from lineshaft.network.connectors.service import sample_day
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.webhooks.delivering import Deliverer, WebhookFeed
from lineshaft.platform.webhooks.model import Answer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Role
from lineshaft.security.identity.passwords import ScryptCost
from lineshaft.security.identity.service import Identity, NewPerson
from lineshaft.web.main import serve
from tests.platform.historian.house import Source, opened

DAY = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")
MORNING = parse_instant("2017-06-22T08:00:00Z")
MINUTE = 60 * US_PER_S
PASSWORD = "a password for tests only"
CONTRACT = "riverside-milling"
STATES = ("READY", "ACTIVE", "ACTIVE", "ACTIVE", "INTERRUPTED", "ACTIVE", "STOPPED", "FEED_HOLD")
READINGS = 540
SPARES = """
[[offering]]
id = "spares"
version = 1
name = { en = "Spindles in exchange", zh-Hans = "主轴置换" }
currency = "EUR"

[offering.terms]
vat = { category = "S", rate = 19 }

[[offering.terms.usage_prices]]
id = "deposit"
description = { en = "Deposit on the used spindle", zh-Hans = "旧主轴押金" }
[offering.terms.usage_prices.price]
model = "core_deposit"
deposit = 400
days = 30
grades = [{ grade = "a", percent = 100 }, { grade = "b", percent = 60 }]

[[offering.terms.usage_prices]]
id = "filters"
description = { en = "Filter hours", zh-Hans = "滤芯小时" }
[offering.terms.usage_prices.meter]
id = "filters"
signal = "auto_time"
kind = "counter"
unit = "SEC"
parameters = { rate_max = "1", resolution = "1" }
[offering.terms.usage_prices.price]
model = "replenishment"
unit = "SEC"
unit_price = 0.01
stock = "machine"
reorder = { lead_days = 4, service_level = 97.5, history_days = 28 }

[[contract]]
id = "riverside-spares"
version = 1
offering = { id = "spares", version = 1 }
supplier = "northgate-gmbh"
customer = "riverside-gmbh"
machines = ["mazak01"]
start = "2026-01-01T00:00:00Z"
time_zone = "UTC"
billing_period = "month"
invoice_series = "LS-2026"
"""
"""What is recorded by people, beside the demo's contract; it begins years after the day."""
LIVE_EVERY_S = 0.2
KINDS = {
    "administrator": (Role.ADMINISTRATOR, None, "Ada Lindqvist"),
    "engineer": (Role.ENGINEER, None, "Emil Brandt"),
    "finance": (Role.FINANCE, None, "Fiona Moreau"),
    "customer": (Role.CUSTOMER, "riverside", "Carla Weiss"),
}


@dataclass(frozen=True)
class Prepared:
    """What a test has to know of the installation."""

    directory: str
    number: str
    token: str
    engineer_token: str
    webhook: str

    @classmethod
    def read(cls, directory: Path) -> "Prepared":
        return cls(**json.loads((directory / "prepared.json").read_text()))


def _built(directory: Path) -> Application:
    """Build the use cases; a password is hashed at once, as each test signs somebody in."""
    made = build(load_settings({}, data_dir=directory))
    parts = replace(made.identity._parts, scrypt=ScryptCost(n=2, r=1, p=1))
    return replace(made, identity=Identity(parts))


def prepare(directory: Path) -> Prepared:
    """Make the installation: plant, people, a source with its day, an invoice."""
    application = _built(directory)
    _plant(application, directory / "files")
    people = {}
    for kind, (role, organisation, name) in KINDS.items():
        wanted = NewPerson(kind, name, role, organisation)
        made = application.identity.create_user(LOCAL_OPERATOR, wanted, PASSWORD)
        people[kind] = made.person.to_actor()
    tokens = [
        application.identity.create_token(people[kind], "script", 30).secret
        for kind in ("customer", "engineer")
    ]
    _day(application)
    _stranger(application)
    webhook = application.webhooks.add(LOCAL_OPERATOR, "https://erp.example/hooks/lineshaft", ())
    issued = application.billing.issue(LOCAL_OPERATOR, CONTRACT, DAY)
    _tell(application)
    prepared = Prepared(str(directory), issued.number, *tokens, webhook.id)
    (directory / "prepared.json").write_text(json.dumps(asdict(prepared)))
    application.database.close()
    return prepared


class _BusyReceiver:
    """Takes every second message."""

    def __init__(self) -> None:
        self.count = 0

    def send(self, _url: str, _headers: dict[str, str], _body: bytes) -> Answer:
        self.count += 1
        return Answer(200, "thanks", 41_000) if self.count % 2 else Answer(503, "busy", 9_000)


class _NoBus:
    async def publish_message(self, _message: OutboxMessage) -> None:
        raise NotImplementedError


def _tell(application: Application) -> None:
    """Let what has happened so far be sent to the webhook."""
    known = (application.authorizer, application.identity)
    parts = delivering_parts(application.settings, application.database, known, application.clock)
    parts = replace(parts, sender=_BusyReceiver())
    feed = WebhookFeed(parts, _NoBus())
    with application.database.read() as connection:
        rows = connection.execute(sa.select(OUTBOX)).all()
    for row in rows:
        feed.take(OutboxMessage(row.id, row.subject, row.payload, row.created_at))
    deliverer = Deliverer(parts)
    deliverer.run_once()
    deliverer._pool.shutdown(wait=True)


def _plant(application: Application, directory: Path) -> None:
    directory.mkdir(parents=True)
    _, devices = sample_day()
    shutil.copyfile(devices, directory / "Devices.xml")
    plant = files("lineshaft.plant").joinpath("demo", "plant.toml").read_text(encoding="utf-8")
    (directory / "plant.toml").write_text(plant + SPARES, encoding="utf-8")
    application.plant.apply(LOCAL_OPERATOR, directory)


def _request(source: Source) -> EnrolRequest:
    return EnrolRequest(
        source=source.name,
        public_key=source.key.public_key().public_bytes_raw().hex(),
        salt_secret=source.salt.hex(),
        proof=source.key.sign(enrol_proof(source.name, source.salt)).hex(),
    )


def _stranger(application: Application) -> None:
    application.identity.enrol(LOCAL_OPERATOR, _request(Source("edge-2")))


def _day(application: Application) -> None:
    source = Source("edge-1")
    application.identity.enrol_local(LOCAL_OPERATOR, _request(source))
    for number in range(READINGS):
        _minute(source, number)
        if number % 60 == 59:
            source.seal()
    bad = StatusCode.BAD_NO_COMMUNICATION
    for name in ("cut_time", "execution", "Srpm"):
        at = MORNING + READINGS * MINUTE
        source.add(signal_id("mazak01", name), at, None, None, kind=RecordKind.STATUS, status=bad)
    source.seal()
    committer = Committer(
        application.database, application.manifest, application.files, application.clock
    )
    committer.commit(opened(source.segments, source))


def _minute(source: Source, number: int) -> None:
    at = MORNING + number * MINUTE
    counted = 4_931_129 + number * 23
    source.add(signal_id("mazak01", "cut_time"), at, counted, 0)
    source.add(signal_id("mazak01", "Srpm"), at, 1_200_000 + number * 37 % 900_000, -3)
    if number % 12 == 0:
        state = STATES[number // 12 % len(STATES)]
        source.add(signal_id("mazak01", "execution"), at, None, None, text=state)
    if number % 45 == 7:
        raw = f"2017-06-22T08:{number % 60:02d}:00Z|S3load_{number}|UNAVAILABLE\x07".encode()
        detail = RefusalDetail.of("no data item of the machine has the key 'S3load'", raw)
        signal = SignalId("mazak01/$refused")
        source.add(signal, at, None, None, kind=RecordKind.REFUSAL, text=detail.encode())


@asynccontextmanager
async def live_values(application: Application) -> AsyncIterator[None]:
    """Feed the live view as the bus does: values first, the notice that they are stored later."""

    async def feed() -> None:
        sequence = 1_000_000
        while True:
            sequence += 1
            now = application.clock.now()
            values = [_live("cut_time", now, str(sequence), float(sequence), sequence)]
            values.append(_live("execution", now, STATES[sequence // 40 % 8], None, sequence))
            application.live.on_batch(LiveBatch("edge-1", now, values))
            application.live.on_notice("edge-1", Notice("committed", 1, 11, sequence - 10))
            await asyncio.sleep(LIVE_EVERY_S)

    feeding = asyncio.create_task(feed())
    yield
    feeding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await feeding


def _live(name: str, at: Instant, display: str, number: float | None, sequence: int) -> LiveValue:
    return LiveValue(
        signal=signal_id("mazak01", name),
        ts=at,
        status=StatusCode.GOOD,
        display=display,
        number=number,
        sequence=sequence,
    )


def _programs(application: Application) -> None:
    """Write what a supervisor would say of its programs."""
    run_dir = application.settings.run_dir
    run_dir.mkdir(parents=True, exist_ok=True)
    listed = [
        {"name": name, "pid": os.getpid(), "state": "ready", "restarts": number}
        for number, name in enumerate(("bus", "intake", "edge", "api"))
    ]
    state = json.dumps({"pid": os.getpid(), "programs": listed})
    (run_dir / "supervisor.json").write_text(state)


def main(directory: Path, port_file: Path) -> None:
    """Make the installation unless it is there, and serve it until killed."""
    if not (directory / "prepared.json").exists():
        prepare(directory)
    application = _built(directory)
    _programs(application)

    def ready(port: int) -> None:
        waiting = port_file.with_suffix(".new")
        waiting.write_text(str(port))
        waiting.rename(port_file)

    serve(
        application,
        "127.0.0.1",
        0,
        background=lambda: live_values(application),
        on_ready=ready,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
