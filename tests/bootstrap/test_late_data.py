"""A back-fill of an old period while its machine goes on: new knowledge; nothing settled moves."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import Application
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.period import US_PER_S, Instant, format_instant, parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.wire import SealedSegment, decode_segment
from lineshaft.network.backfill.files import open_file
from lineshaft.network.backfill.memory import Memory
from lineshaft.network.backfill.model import FileMap
from lineshaft.network.backfill.production import Production
from lineshaft.network.keys import load_or_create_keys
from lineshaft.plant.service import write_starter
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.intake.unpack import Opened, open_segments
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.security.identity.model import Role
from lineshaft.security.identity.service import NewPerson
from lineshaft.services.metering.clocks.model import ClockEntry, ClockStep
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.model import Meter
from tests.installation import NOW
from tests.platform.historian.house import Source, opened

DAY = parse_instant("2026-01-05T00:00:00Z")
HOUR = 3_600 * US_PER_S
CONTRACT = "first-customer-milling"
METER = Meter.from_content(
    {
        "id": "cut-time",
        "machine": "mill",
        "signal": "mill/cut_time",
        "kind": "counter",
        "unit": "SEC",
        "parameters": {"rate_max": "1", "resolution": "1"},
    }
)


@pytest.fixture
def billed(application: Application, tmp_path: Path) -> Application:
    """The starter's plant, billed by the day from 2026 on."""
    write_starter(tmp_path / "plant")
    file = tmp_path / "plant" / "plant.toml"
    text = file.read_text(encoding="utf-8").replace("live = true ", "live = false ")
    text = text.replace('start = "2027-01-01', 'start = "2026-01-01').replace('"month" ', '"day" ')
    file.write_text(text, encoding="utf-8")
    application.plant.apply(LOCAL_OPERATOR, tmp_path / "plant")
    return application


def commit(application: Application, segments: Sequence[Opened]) -> None:
    parts = (application.database, application.manifest, application.files, application.clock)
    Committer(*parts, floor_mb=0).commit(segments)


def back_filled(application: Application, file: Path) -> list[Opened]:
    """Let the import of a file in, and return what it sends."""
    source = SourceId("mill-history")
    keys = load_or_create_keys(file.with_suffix(".key"))
    application.identity.enrol_local(LOCAL_OPERATOR, keys.request(source))
    table = open_file(file, ",")
    memory = Memory(file.name, table.facts(), FileMap(), NOW, epoch=1)
    made = Production(table, memory, source, keys)
    sealed = [decode_segment(one.data) for batch in made.segments(0) for one in batch]
    secret = (keys.salt_secret, keys.private_key.public_key())
    outcomes = open_segments(sealed, [secret] * len(sealed))
    assert all(isinstance(one, Opened) for one in outcomes)
    return outcomes


class Live:
    """The machine's edge, which was cut off for four hours and lost what it had."""

    def __init__(self, application: Application) -> None:
        self.application, self.source = application, Source()
        proof = self.source.key.sign(enrol_proof(self.source.name, self.source.salt))
        key = self.source.key.public_key().public_bytes_raw().hex()
        request = EnrolRequest(self.source.name, key, self.source.salt.hex(), proof.hex())
        application.identity.enrol_local(LOCAL_OPERATOR, request)

    def tell(self, hours: range, seconds: int) -> SealedSegment:
        for hour in hours:
            self.source.add("mill/cut_time", DAY + hour * HOUR, seconds, 0)
            self.source.add("mill/execution", DAY + hour * HOUR, text="ACTIVE")
            seconds += 3_600
        segment = self.source.seal()
        commit(self.application, opened([segment], self.source))
        return segment


def test_late_data_are_new_knowledge_and_settled_documents_stay(
    billed: Application, tmp_path: Path
) -> None:
    live = Live(billed)
    live.tell(range(-2, 4), 0)
    live.tell(range(8, 30), 0)  # the counter had begun anew in the hole
    record = billed.contracts.contract(LOCAL_OPERATOR, CONTRACT)
    period = record.contract.billed_period(Instant(DAY + 12 * HOUR))
    issued = billed.billing.issue(LOCAL_OPERATOR, CONTRACT, period)
    before = billed.metering.settle(billed.clock.now())
    used = billed.metering.usage(LOCAL_OPERATOR, METER, period, before)
    file = tmp_path / "hole.csv"
    rows = [
        f"mill/cut_time,{format_instant(Instant(DAY + hour * HOUR))},{(hour + 2) * 3_600}"
        for hour in range(4, 8)
    ]
    file.write_text("\n".join(["signal,ts,value", *rows]) + "\n")
    commit(billed, back_filled(billed, file))
    live.tell(range(30, 33), 22 * 3_600)
    after = billed.metering.settle(billed.clock.now())
    assert billed.metering.usage(LOCAL_OPERATOR, METER, period, before) == used
    now = billed.metering.usage(LOCAL_OPERATOR, METER, period, after)
    assert now.quantity.amount - used.quantity.amount == 4 * 3_600
    again = billed.billing.document(LOCAL_OPERATOR, issued.number)
    assert again.file == issued.file
    assert billed.evidence.report(LOCAL_OPERATOR, issued.number).verdict
    assert billed.billing.issue(LOCAL_OPERATOR, CONTRACT, period).number == issued.number
    assert billed.historian.check(LOCAL_OPERATOR).faults == ()
    for learn in (lambda: None, lambda: offset(billed, live), lambda: exchange(billed, live)):
        learn()
        (late,) = billed.billing.late(LOCAL_OPERATOR).periods
        assert (late.document.period, late.meters[0]) == (period, "mill/cut-time")
        assert billed.billing.correct(LOCAL_OPERATOR, CONTRACT, period).is_new
        assert billed.billing.late(LOCAL_OPERATOR).periods == ()


def offset(application: Application, live: Live) -> None:
    """Find out that the clock of the edge was half an hour ahead in the evening."""
    step = ClockStep(live.source.name, Instant(DAY + 23 * HOUR), HOUR // 2)
    application.clocks.record(LOCAL_OPERATOR, ClockEntry("o-1", step, "the edge had no time"))


def exchange(application: Application, live: Live) -> None:
    """Learn that the counter was exchanged at noon."""
    at = Instant(DAY + 12 * HOUR + HOUR // 2)
    made = MeterExchange(
        "x-1", METER.signal, at, Fraction(4 * 3_600 + 60), Fraction(5 * 3_600 - 60), "SEC", "WO-7"
    )
    application.exchanges.record(LOCAL_OPERATOR, made)
    new = NewPerson("erin", "Erin Vale", Role.ENGINEER)
    password = application.identity.create_user(LOCAL_OPERATOR, new).password
    application.exchanges.approve(application.identity.login("erin", password).actor, made.id, 1)
