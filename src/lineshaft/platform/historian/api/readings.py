"""Stored records as texts have them, exact."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lineshaft.core.errors import Invalid
from lineshaft.core.period import format_instant
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail, RefusalDetail
from lineshaft.platform.historian.model import RANGE_SCHEMA, StoredReading

TEXT_NAMES = (
    "signal",
    "ts",
    "own_ts",
    "kind",
    "status",
    "value",
    "code",
    "detail",
    "source",
    "epoch",
    "sequence",
)
"""The columns of readings in CSV, and the members in JSON: `value` is exact."""


def to_text(rows: pa.Table, signals: Iterable[str]) -> list[dict[str, Any]]:
    """Return records (`RANGE_SCHEMA`) with the members `TEXT_NAMES`; instants as RFC 3339."""
    return [_row(row, signal) for row, signal in zip(rows.to_pylist(), signals, strict=False)]


def stored(found: Sequence[StoredReading]) -> pa.Table:
    """Return stored readings of any signals as `RANGE_SCHEMA`."""
    return pa.Table.from_pylist([_columns(one) for one in found], schema=RANGE_SCHEMA)


def _columns(reading: StoredReading) -> dict[str, Any]:
    value = reading.columns
    return {
        "ts": reading.ts,
        "own_ts": reading.own_ts,
        "source": reading.source,
        "epoch": reading.epoch,
        "sequence": reading.sequence,
        "ordinal": reading.ordinal,
        "kind": int(reading.kind),
        "status": reading.status,
        "mantissa": value.mantissa,
        "exponent": value.exponent,
        "number": value.number,
        "text": value.text,
    }


def _row(row: dict[str, Any], signal: str) -> dict[str, Any]:
    kind = RecordKind(row["kind"])
    value, detail = _value(row), None
    if kind is RecordKind.REFUSAL:
        value, detail = None, _refusal(row["text"])
    elif kind is RecordKind.CORRECTION:
        value, detail = _corrected(row)
    is_symbol = row["mantissa"] is not None and row["exponent"] is None and isinstance(value, str)
    return {
        "signal": signal,
        "ts": format_instant(row["ts"]),
        "own_ts": None if row["own_ts"] is None else format_instant(row["own_ts"]),
        "kind": kind.name.lower(),
        "status": row["status"],
        "value": value,
        "code": row["mantissa"] if is_symbol else None,
        "detail": detail,
        "source": row["source"],
        "epoch": row["epoch"],
        "sequence": row["sequence"],
    }


def _value(row: dict[str, Any]) -> Decimal | float | bool | str | None:
    """Return the exact value; of an enumeration its symbol."""
    mantissa, exponent, number = row["mantissa"], row["exponent"], row["number"]
    if number is not None:
        return float(number)
    if mantissa is not None and exponent is not None:
        return Decimal(mantissa).scaleb(exponent)
    if row["text"] is not None:
        return str(row["text"])
    return None if mantissa is None else bool(mantissa)


def _corrected(row: dict[str, Any]) -> tuple[Any, dict[str, Any] | None]:
    try:
        detail = CorrectionDetail.decode(row["text"] or "")
    except Invalid:
        return None, None
    told = {
        "source": detail.source,
        "epoch": detail.epoch,
        "sequence": detail.sequence,
        "author": detail.author,
        "reason": detail.reason,
    }
    return _value(row | {"text": detail.new_text}), told


def _refusal(text: str | None) -> dict[str, Any] | None:
    try:
        detail = RefusalDetail.decode(text or "")
    except Invalid:
        return None
    return {"reason": detail.reason, "raw": detail.raw.hex(), "raw_size": detail.raw_size}
