"""The spool: what is in it stays in it, in order, through every crash, until it is trimmed."""

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant
from lineshaft.core.reading import Reading, Record, SignalId, SourceId
from lineshaft.core.segment.block import to_records
from lineshaft.core.segment.header import NO_PREVIOUS
from lineshaft.core.segment.wire import decode_segment, open_segment
from lineshaft.core.value import DecimalValue
from lineshaft.network.connectors.model import Observation
from lineshaft.network.edge.errors import SpoolDamaged, SpoolTaken
from lineshaft.network.edge.spool import Spool
from lineshaft.network.errors import ChainConflict, KeyFileDamaged
from lineshaft.network.keys import load_or_create_keys, save_keys

SOURCE = SourceId("edge-1")
NOW = Instant(10**15)


def append(spool: Spool, count: int, position: int = 0, signals: int = 3) -> list[Record]:
    numbering = spool.load_numbering()
    records = [
        numbering.observe(
            "c",
            Observation(
                Reading(SignalId(f"m/s{i % signals}"), Instant(i), DecimalValue(i, 0)), b""
            ),
            NOW,
        )
        for i in range(count)
    ]
    spool.append(records, numbering, {"c": position})
    return records


class SpoolMachine(RuleBasedStateMachine):
    """Appends, seals, trims and crashes in any order, against a list."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "edge-1.sqlite"
        self.keys = load_or_create_keys(self.path.with_suffix(".key"))
        self.spool = Spool(self.path, SOURCE)
        self.records: list[Record] = []
        self.trimmed = self.position = 0

    def teardown(self) -> None:
        self.spool.close(is_clean=True)
        self.directory.cleanup()

    @initialize()
    def let_in(self) -> None:
        self.spool.start_epoch(1)

    @rule(count=st.integers(0, 1_200))
    def append(self, count: int) -> None:
        self.position += count
        self.records += append(self.spool, count, self.position)

    @rule(is_partial=st.booleans())
    def seal(self, is_partial: bool) -> None:
        self.spool.seal(self.keys, is_partial=is_partial)
        assert self.spool.pending_count < 1_000
        assert not (is_partial and self.spool.pending_count)

    @precondition(lambda self: self.spool.state.sealed_number > self.spool.state.mark_number)
    @rule(share=st.floats(0, 1))
    def trim(self, share: float) -> None:
        state = self.spool.state
        number = state.mark_number + round(share * (state.sealed_number - state.mark_number))
        is_news = number > state.mark_number
        hash_ = state.mark_hash
        if is_news:
            ((_, data),) = self.spool.segments_after(number - 1, 1)
            hash_ = decode_segment(data).header.hash()
        assert self.spool.trim(number, hash_) == is_news
        self.trimmed = self.spool.state.mark_sequence

    @rule()
    def crash(self) -> None:
        """A killed process leaves the file as its last commit left it."""
        before = self.spool.state
        self.spool.close(is_clean=False)
        self.spool = Spool(self.path, SOURCE)
        assert self.spool.was_unclean
        assert self.spool.state == before

    @invariant()
    def everything_above_the_mark_is_there_once_and_in_order(self) -> None:
        state = self.spool.state
        public = self.keys.private_key.public_key()
        found: list[Record] = []
        previous = state.mark_hash
        for number, data in self.spool.segments_after(0, 10_000):
            segment = decode_segment(data)
            assert segment.header.previous_hash == previous
            assert segment.header.number == number
            previous = segment.header.hash()
            blocks = open_segment(segment, self.keys.salt_secret, public)
            found += sorted((r for b in blocks for r in to_records(b)), key=lambda r: r.sequence)
        assert previous == state.sealed_hash
        found += self.spool._pending(0)
        assert found == self.records[self.trimmed :]
        assert self.spool.positions().get("c", 0) == self.position
        assert self.spool.used_bytes >= 0
        if not found:
            assert self.spool.used_bytes == 0
        assert self.spool.load_numbering().last_sequence == len(self.records)


SpoolMachine.TestCase.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.pytestmark = [pytest.mark.timeout(60)]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "edge-1.sqlite", SOURCE)


def test_nothing_is_sealed_before_there_is_an_epoch(spool: Spool, tmp_path: Path) -> None:
    keys = load_or_create_keys(tmp_path / "edge-1.key")
    append(spool, 1_500)
    assert spool.seal(keys, is_partial=True) == 0
    spool.start_epoch(4)
    assert spool.seal(keys, is_partial=False) == 1
    assert spool.pending_count == 500
    header = decode_segment(spool.segments_after(0, 1)[0][1]).header
    assert (header.epoch, header.number, header.previous_hash) == (4, 1, NO_PREVIOUS)
    spool.close(is_clean=True)


def test_a_new_epoch_takes_along_what_the_hub_does_not_have(spool: Spool, tmp_path: Path) -> None:
    keys = load_or_create_keys(tmp_path / "edge-1.key")
    spool.start_epoch(1)
    append(spool, 10)
    spool.seal(keys, is_partial=True)
    records = append(spool, 10)
    spool.seal(keys, is_partial=True)
    records += append(spool, 5)
    spool.note_conflict(2)
    assert spool.seal(keys, is_partial=True) == 0
    spool.start_epoch(2)
    found = spool._pending(0)
    assert [r.sequence for r in found] == list(range(1, 16))
    assert [(r.signal, r.ts, r.mantissa) for r in found] == [
        (r.signal, r.ts, r.mantissa) for r in records
    ]
    assert [r.ordinal for r in found if r.signal == "m/s0"] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(InvariantError, match="not later"):
        spool.start_epoch(2)
    spool.close(is_clean=True)


def test_a_foreign_hash_is_a_conflict_and_trims_nothing(spool: Spool, tmp_path: Path) -> None:
    spool.start_epoch(1)
    append(spool, 3)
    spool.seal(load_or_create_keys(tmp_path / "edge-1.key"), is_partial=True)
    for number, hash_ in ((1, bytes(32)), (2, b"")):
        with pytest.raises(ChainConflict):
            spool.trim(number, hash_)
    assert len(spool.segments_after(0, 9)) == 1
    spool.close(is_clean=True)


def test_a_failed_seal_leaves_memory_as_the_disk_is(spool: Spool, tmp_path: Path) -> None:
    keys = load_or_create_keys(tmp_path / "edge-1.key")
    spool.start_epoch(1)
    append(spool, 2_500)
    before = (spool.state, spool.pending_count, spool.used_bytes)
    (pages,) = spool._db.execute("PRAGMA page_count").fetchone()
    spool._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.seal(keys, is_partial=True)
    assert (spool.state, spool.pending_count, spool.used_bytes) == before
    spool._db.execute("PRAGMA max_page_count=1000000")
    assert spool.seal(keys, is_partial=True) == 3
    spool.close(is_clean=True)


def test_one_process_at_a_time(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(SpoolTaken):
        Spool(tmp_path / "edge-1.sqlite", SOURCE)
    spool.close(is_clean=True)
    Spool(tmp_path / "edge-1.sqlite", SOURCE).close(is_clean=True)


def test_a_file_that_is_no_spool_of_this_source_is_refused(tmp_path: Path) -> None:
    Spool(tmp_path / "edge-1.sqlite", SOURCE).close(is_clean=True)
    with pytest.raises(SpoolDamaged, match="edge-2"):
        Spool(tmp_path / "edge-1.sqlite", SourceId("edge-2"))
    (tmp_path / "x.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(SpoolDamaged):
        Spool(tmp_path / "x.sqlite", SOURCE)
    assert not [one for one in Path("/proc/self/fd").glob("*") if tmp_path in one.resolve().parents]
    Spool(tmp_path / "edge-1.sqlite", SOURCE).close(is_clean=True)


def test_records_with_a_gap_are_a_bug(spool: Spool) -> None:
    append(spool, 3)
    numbering = spool.load_numbering()
    numbering.last_sequence += 1
    record = numbering.observe(
        "c", Observation(Reading(SignalId("m/s"), Instant(0), DecimalValue(1, 0)), b""), NOW
    )
    with pytest.raises(InvariantError):
        spool.append([record], numbering, {})
    spool.close(is_clean=True)


def test_keys_are_private_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "edge" / "edge-1.key"
    keys = load_or_create_keys(path)
    assert path.stat().st_mode & 0o777 == 0o600
    again = load_or_create_keys(path)
    assert again.request(SOURCE) == keys.request(SOURCE)
    assert [p.name for p in path.parent.iterdir()] == ["edge-1.key"]
    assert keys.salt_secret.hex() not in repr(keys)
    wanting = keys.wanting_epoch()
    assert wanting.wanting_epoch() is wanting
    save_keys(path, wanting)
    assert load_or_create_keys(path).request(SOURCE).is_new_epoch_wanted
    assert load_or_create_keys(path).in_next_epoch().salt_secret != keys.salt_secret
    path.write_text("{}")
    with pytest.raises(KeyFileDamaged):
        load_or_create_keys(path)
