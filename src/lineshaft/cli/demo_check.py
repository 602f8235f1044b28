"""The demo's own check: every figure is counted from the store and compared with the recording."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import REFUSED_NAME, Reading, RecordKind, Refused, signal_id
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.core.value import to_columns
from lineshaft.network.connectors.model import ConnectorConfig, Observation
from lineshaft.network.connectors.service import decode_recording, sample_day
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.evidence.verify import media_type_of, verify
from lineshaft.services.metering.model import UsageRecord

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.services.billing.model import IssuedDocument

MACHINE = "mazak01"
EXPECTED_TOTAL = "267.54 EUR"
_ALL_TIME = Period(Instant(0), Instant(4_102_444_800 * US_PER_S))
_COLUMNS = ["kind", "ts", "own_ts", "status", "mantissa", "exponent", "number", "text"]
_Key = tuple[str, int, int, int | None, int | None, float | None, str | None]
"""Signal, own stamp, status, and the value, or the raw bytes of a refusal as text."""


class DemoOutcome(msgspec.Struct, frozen=True):
    """What the check found.

    Attributes:
        line: the figures on one line.
        is_ok: whether nothing is lost or double, and the proof holds.
    """

    line: str
    is_ok: bool


def recorded_observations(application: "Application") -> Counter[_Key]:
    """Count what the recording says, line by line."""
    recording, _ = sample_day()
    return Counter(map(_observed, decode_recording(_connector(application), recording)))


def check_demo(
    application: "Application", issued: "IssuedDocument", files: Path, recorded: Counter[_Key]
) -> DemoOutcome:
    """Count what is stored, compare it with the recording, and verify the invoice's files."""
    stored = Counter(_stored(application))
    totals = application.historian.totals(LOCAL_OPERATOR)
    lost = (recorded - stored).total()
    duplicated = (stored - recorded).total() + totals.records - totals.distinct
    proof = _proof(files, issued.number)
    document = json.loads(issued.file)["document"]
    usage = [UsageRecord.from_content(content) for content in document["usage"]]
    cut_time = next(record for record in usage if record.meter.kind == "counter")
    states = next(record for record in usage if record.meter.kind == "state_duration").states
    figures = {
        "observations": totals.readings + totals.refusals,
        "readings": totals.readings,
        "refused": totals.refusals,
        "skew_corrected": totals.own_stamps,
        "lost": lost,
        "duplicated": duplicated,
        "cut_time_s": _plain(cut_time.quantity),
        "active_s": _seconds(states["ACTIVE"]),
        "invoice": files / f"{issued.number}.json",
        "total": issued.gross,
        "proof": proof,
    }
    is_ok = not lost and not duplicated and proof == "ok" and str(issued.gross) == EXPECTED_TOTAL
    line = " ".join(f"{name}={value}" for name, value in figures.items())
    return DemoOutcome(f"demo: {line}", is_ok)


def _plain(quantity: Quantity) -> str:
    return str(quantity.to("SEC").amount)


def _seconds(duration_us: int) -> str:
    return f"{duration_us // US_PER_S}.{duration_us % US_PER_S:06d}"


def _proof(files: Path, number: str) -> str:
    """Verify the files as the customer has them; `ok`, or the first thing that is wrong."""
    keys = (files / "keys.json").read_bytes()
    bundle = (files / f"{number}.evidence.json").read_bytes()
    names = [f"{number}.json", *(path.name for path in sorted(files.glob(f"{number}.*.html")))]
    names += [path.name for path in sorted(files.glob(f"{number}.*.pdf"))]
    for name in names:
        record = files / f"{name}.record.json"
        report = verify(
            (files / name).read_bytes(),
            media_type_of(name),
            keys,
            bundle=bundle,
            rendering=record.read_bytes() if record.exists() else None,
        )
        if report.exit_code:
            worst = (report.failures or report.unchecked)[0]
            return f"{name}: {worst}".replace(" ", "_")
    return "ok"


def _connector(application: "Application") -> ConnectorConfig:
    plans = application.plant.node_plans(LOCAL_OPERATOR)
    return next(c for plan in plans.values() for c in plan.connectors if c.machine == MACHINE)


def _observed(observation: Observation) -> _Key:
    item = observation.item
    match item:
        case Reading():
            value = to_columns(item.value)
            parts = (value.mantissa, value.exponent, value.number, value.text)
            return item.signal, item.ts, item.status, *parts
        case Refused():
            return _refused(item.signal, item.ts, RefusalDetail.of(item.reason, item.raw))


def _refused(signal: str, ts: int, detail: RefusalDetail) -> _Key:
    return signal, ts, 0, None, None, None, f"refused {detail.raw.hex()}"


def _stored(application: "Application") -> Iterator[_Key]:
    """Yield what the historian has of the machine, record by record."""
    historian = application.historian
    machine = application.twin.machine(LOCAL_OPERATOR, MACHINE)
    signals = [signal.id for signal in machine.signals]
    for signal in [*signals, signal_id(MACHINE, REFUSED_NAME)]:
        wanted = RangeQuery(signal, _ALL_TIME, include_before=False, include_after=False)
        table = historian.readings(LOCAL_OPERATOR, wanted).select(_COLUMNS)
        for kind, ts, own_ts, *value in zip(*(c.to_pylist() for c in table.columns), strict=True):
            at = ts if own_ts is None else own_ts
            if kind == RecordKind.READING:
                yield signal, at, *value
            elif kind == RecordKind.REFUSAL:
                yield _refused(signal, at, RefusalDetail.decode(value[-1]))
