"""Usage records as content, and their evidence."""

import hashlib
import itertools
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SourceId
from lineshaft.core.segment import merkle
from lineshaft.services.metering import measure as measuring
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.meters import METERS
from lineshaft.services.metering.model import (
    NO_EVIDENCE,
    BlockEntry,
    Evidence,
    EvidenceRange,
    Meter,
    UsageRecord,
)
from lineshaft.services.metering.parameters import MeterKind
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.services.metering.rows import KNOWN_AT, at, counter, meter, readings, span


def entry(number: int, first: int, last: int, source: str = "a", epoch: int = 1) -> BlockEntry:
    digest = hashlib.sha256(f"{source}{epoch}{number}".encode()).digest()
    return BlockEntry(SourceId(source), epoch, number, digest, digest[::-1], first, last)


ENTRIES = (entry(1, 1, 5), entry(4, 6, 9), entry(2, 3, 4, "b"), entry(7, 1, 2, "b", epoch=2))


def test_the_root_is_over_the_entries_in_order() -> None:
    leaves = [
        hashlib.sha256(b"\x00" + each.header_hash + each.leaf_hash).digest() for each in ENTRIES
    ]
    assert Evidence.of(reversed(ENTRIES)).root == merkle.root(leaves).hex()
    assert Evidence.of([]).root == NO_EVIDENCE == "0" * 64


def test_ranges_join_consecutive_blocks_by_source_and_epoch() -> None:
    assert Evidence.of(reversed(ENTRIES)).ranges == (
        EvidenceRange(SourceId("a"), 1, 1, 9, 1, 4),
        EvidenceRange(SourceId("b"), 1, 3, 4, 2, 2),
        EvidenceRange(SourceId("b"), 2, 1, 2, 7, 7),
    )


@pytest.mark.parametrize("second", [entry(4, 7, 9), entry(4, 5, 9), entry(1, 1, 5)])
def test_a_block_that_is_missing_or_there_twice_is_found(second: BlockEntry) -> None:
    with pytest.raises(Invalid, match="ordinal"):
        Evidence.of([entry(1, 1, 5), second])


def record() -> UsageRecord:
    rows = readings((0, "0"), (10, "5"), (20, None), (30, "99999"), (40, "7"), (50, "1"), (60, "3"))
    used = counter(
        exchanges=[
            {"at": "2027-04-01T00:00:00Z", "old_final": "1.5", "new_start": 0, "reference": "WO 1"}
        ]
    )
    given_rows = MeterInput(SeriesRows.of(rows), Evidence.of(ENTRIES), known_until=at(90))
    return measure(used, given_rows, span(0, 100), KNOWN_AT)


def test_a_record_survives_its_content() -> None:
    one = record()
    assert (one.exclusion_count, one.restart_count, one.bridged_gap_count) == (1, 1, 1)
    content = canonical.decode(canonical.encode(one.to_content()))
    assert UsageRecord.from_content(content) == one
    assert one.digest == UsageRecord.from_content(content).digest


def change(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        change(["quantity", "amount"], "14/2"),
        change(["quantity", "unit"], "XYZ"),
        change(["completeness"], "1"),
        change(["is_complete"], True),
        change(["covered_us"], "1"),
        change(["covered_us"], True),
        change(["known_at"], "2030-01-01T00:00:00+00:00"),
        change(["known_until"], 5),
        change(["meter", "kind"], "guess"),
        change(["meter", "parameters", "rate_max"], "100.0"),
        change(["meter", "signal"], "lathe/x"),
        change(["states"], {"A": 1}),
        change(["states"], [["A", "1"]]),
        change(["exclusions", 0, "reason"], "mood"),
        change(["exclusions", 0, "reading"], ["edge-1", 1]),
        change(["ranges", 0, "epoch"], True),
        change(["ranges"], [5]),
        change(["evidence_root"], None),
        change(["extra"], 1),
        lambda content: content.pop("period"),
        lambda content: content.pop("restart_count"),
    ],
    ids=itertools.count(),
)
def test_content_that_was_written_anew_or_contradicts_itself_is_refused(
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    content = canonical.decode(canonical.encode(record().to_content()))
    spoil(content)
    with pytest.raises(Invalid):
        UsageRecord.from_content(content)


@pytest.mark.parametrize("kind", ["counter", "state_duration", "integral"])
def test_every_kind_of_meter_survives_its_content(kind: str) -> None:
    parameters: dict[str, dict[str, Any]] = {
        "counter": {"rate_max": "1/3", "modulus": 65_536, "boundary": "LATER"},
        "state_duration": {"states": ["RUN", "加工"]},
        "integral": {"gap_max_s": "1.5", "signal_unit": "KWT", "hold": "LINEAR", "maximum": 9},
    }
    unit = {"counter": "C62", "state_duration": "HUR", "integral": "KWH"}[kind]
    one = meter(kind, unit, **parameters[kind])
    content = canonical.decode(canonical.encode(one.to_content()))
    assert Meter.from_content(content) == one
    assert Meter.from_content(content).to_content() == content


def test_exclusions_are_listed_up_to_a_maximum_and_all_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "EXCLUSIONS_LISTED_MAX", 2)
    rows = readings((0, "0"), *((i, "9" * 9) for i in range(1, 7, 2)), (2, "0"), (4, "0"), (7, "0"))
    one = measure(counter(), MeterInput(SeriesRows.of(rows)), span(0, 10), KNOWN_AT)
    assert (len(one.exclusions), one.exclusion_count) == (2, 3)


@given(st.permutations(ENTRIES))
def test_the_order_of_the_blocks_changes_nothing(entries: list[BlockEntry]) -> None:
    assert Evidence.of(entries) == Evidence.of(ENTRIES)


def test_every_kind_of_meter_has_its_function_and_stands_in_the_readme() -> None:
    readme = files("lineshaft.services.metering").joinpath("README.md").read_text(encoding="utf-8")
    assert set(METERS) == set(MeterKind)
    for kind in MeterKind:
        assert f"| `{kind}` |" in readme
