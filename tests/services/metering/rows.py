"""Rows of one signal, written short."""

from collections.abc import Sequence
from typing import Any

from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.core.reading import RecordKind, SourceId, StatusCode
from lineshaft.core.segment.detail import CorrectionDetail
from lineshaft.core.value import Value, parse_decimal
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Identity, Meter, Row, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows

START = parse_instant("2027-03-01T00:00:00Z")
KNOWN_AT = parse_instant("2030-01-01T00:00:00Z")


def at(seconds: float) -> Instant:
    return Instant(START + round(seconds * US_PER_S))


def span(start_s: float, end_s: float) -> Period:
    return Period(at(start_s), at(end_s))


def reading(
    number: int,
    seconds: float,
    value: Value,
    *,
    status: int | None = None,
    source: str = "edge-1",
    epoch: int = 1,
    kind: RecordKind = RecordKind.READING,
) -> Row:
    """Make a row with that sequence and ordinal; text is taken for a decimal, None for silence."""
    default = StatusCode.BAD_NO_COMMUNICATION if value is None else StatusCode.GOOD
    return Row(
        identity=Identity(SourceId(source), epoch, number),
        ordinal=number,
        ts=at(seconds),
        kind=kind,
        status=default if status is None else status,
        value=value,
    )


def readings(*pairs: tuple[float, str | None]) -> list[Row]:
    """Make a row of each (seconds, decimal text); None is "not available"."""
    return [
        reading(number, seconds, None if text is None else parse_decimal(text))
        for number, (seconds, text) in enumerate(pairs, start=1)
    ]


def correction(number: int, target: Row, value: Value, *, source: str = "hub") -> Row:
    """Replace a row by a new value."""
    new_text = value if isinstance(value, str) else None
    detail = CorrectionDetail(*target.identity, author="usr_1", reason="typo", new_text=new_text)
    return Row(
        identity=Identity(SourceId(source), 1, number),
        ordinal=number,
        ts=target.ts,
        kind=RecordKind.CORRECTION,
        status=StatusCode.BAD_NO_COMMUNICATION if value is None else StatusCode.GOOD,
        value=value,
        detail=detail.encode(),
    )


def meter(kind: str, unit: str, **parameters: Any) -> Meter:
    return Meter.from_content(
        {
            "id": "m1",
            "machine": "mill",
            "signal": "mill/x",
            "kind": kind,
            "unit": unit,
            "parameters": parameters,
        }
    )


def counter(unit: str = "C62", **parameters: Any) -> Meter:
    return meter("counter", unit, **({"rate_max": 100} | parameters))


def usage(used: Meter, rows: Sequence[Row], period: Period) -> UsageRecord:
    return measure(used, MeterInput(SeriesRows.of(rows)), period, KNOWN_AT)
