"""Where nothing is known of usage: named to the second, whatever kind of meter it is."""

import pytest

from lineshaft.core.period import Period
from lineshaft.services.metering import missing as module
from lineshaft.services.metering.missing import MISSING_MAX, missing
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, meter, readings, span
from tests.services.metering.test_estimates import estimate

POWER = meter("integral", "KWH", signal_unit="KWT", gap_max_s=900)
HOUR = span(0, 3_600)


def found(*rows: tuple[int, str | None], **given: object) -> list[Period]:
    used = MeterInput(SeriesRows.of(readings(*rows)), **given)  # type: ignore[arg-type]
    return missing(POWER, used, HOUR, KNOWN_AT)


def test_spans_are_named_to_the_second() -> None:
    gap = ((-900, "4"), (0, "4"), (900, "4"), (1_807, None), (2_713, "4"))
    assert found(*gap) == [span(1_800, 2_713)]
    assert found() == [HOUR]
    assert found(*((900 * step, "4") for step in range(-1, 5))) == []


def test_what_an_approved_estimate_stands_for_is_not_missing() -> None:
    gap = ((-900, "4"), (0, "4"), (900, "4"), (1_800, None), (2_700, "4"))
    assert found(*gap) == [span(1_800, 2_700)]
    assert found(*gap, estimates=(estimate(),)) == []


def test_no_more_spans_than_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(60 * step, None if step % 2 else "4") for step in range(60)]
    spans = found(*rows)
    assert spans == [span(120 * step + 60, 120 * step + 120) for step in range(MISSING_MAX)]
    monkeypatch.setattr(module, "MEASUREMENTS_MAX", 1)
    assert found(*rows) == []
