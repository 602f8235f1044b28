"""The benches of the historian in small: they run, and what they measure is right."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from bench import promise_bytes, promise_reopen, promise_store, promise_sustained
from bench.fleet import SIGNALS, START_US, Fleet, Machine
from bench.peers import environment, running
from bench.peers.engine import ALL, VALUES, Job, measured
from bench.peers.environment import NotInstalled, Peer
from bench.peers.running import Result
from lineshaft.core.segment.wire import SealedSegment
from lineshaft.platform.historian.intake.unpack import open_segments
from tests.platform.historian.house import House


def test_the_fleet_seals_as_an_edge_does() -> None:
    """What the benches commit is what verification would have let through."""
    machine = Machine(3, Fleet(machines=1, seconds=100, jitter_ms=50), START_US)
    for _ in range(2):
        sealed, opened = machine.sealed()
        (again,) = open_segments([sealed], [(machine.salt, machine.key.public_key())])
        assert isinstance(sealed, SealedSegment)
        assert (again.header, again.signature) == (opened.header, opened.signature)
        assert (again.signals, again.counts) == (opened.signals, opened.counts)
        assert again.tree == opened.tree
        assert again.rows.equals(opened.rows)


def test_commits_have_the_size_that_is_asked_for() -> None:
    fleet = Fleet(machines=3, seconds=150)
    sizes = [sum(one.header.record_count for one in segments) for segments in fleet.commits(4_000)]
    assert sizes == [4_000, 4_000, 1_000]
    assert fleet.readings == sum(sizes) == 3 * 150 * SIGNALS


def test_ingest_is_measured_with_nothing_lost(capsys: pytest.CaptureFixture[str]) -> None:
    small = Fleet(machines=30, seconds=400)
    promises = promise_store.measure(small, small, commits=3, rounds=1, peers=())
    assert [promise.name for promise in promises] == list(promise_store.NAMES)
    assert all(promise.value > 0 for promise in promises)
    assert "M per CPU-second" in capsys.readouterr().out


def test_ingest_goes_on_while_hours_and_days_are_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(promise_sustained, "MACHINES", 2)
    monkeypatch.setattr(promise_sustained, "SEGMENTS_PER_COMMIT", 10)
    monkeypatch.setattr(promise_sustained, "PACE", 150_000)
    monkeypatch.setattr(promise_sustained, "SAMPLE_S", 0.05)
    promises = promise_sustained.measure(seconds=2)
    assert [promise.name for promise in promises] == list(promise_sustained.NAMES)
    assert promises[0].value > 0
    assert "bytes per reading in files" in capsys.readouterr().out  # after all were counted


def test_bytes_are_measured_after_compaction() -> None:
    promises = promise_bytes.measure(promise_bytes.QUICK, peers=())
    assert [promise.name for promise in promises] == list(promise_bytes.NAMES)
    assert all(promise.value > 0.3 for promise in promises)


@pytest.mark.crash
@pytest.mark.timeout(120)
def test_a_killed_process_has_lost_nothing_and_opens_again() -> None:
    assert 0 < promise_reopen.reopened(promise_reopen.QUICK) < 60


@pytest.fixture(scope="module")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each peer is given."""
    directory = tmp_path_factory.mktemp("peers")
    house, path = House(directory), directory / "data.arrow"

    def commits() -> list[pa.Table]:
        found = []
        for segments in Fleet(machines=1, seconds=200, jitter_ms=50).commits(2_000):
            house.committer.introduce(segments)
            found.append(house.committer.rows(segments))
        return found

    running.write_data(path, commits())
    house.database.close()
    return path


@pytest.mark.parametrize("peer", ["duckdb", "sqlite"])
@pytest.mark.parametrize("columns", [ALL, VALUES])
def test_a_peer_takes_the_same_readings_and_gives_them_back(
    tmp_path: Path, data_file: Path, peer: str, columns: str
) -> None:
    directory = tmp_path / "peer"
    directory.mkdir()
    job = Job(peer, str(data_file), str(directory), columns, is_compacted=True)
    result = Result(**json.loads(json.dumps(measured(job))))
    assert result.readings == 200 * SIGNALS
    assert result.is_lossless
    assert result.bytes > 0
    assert "fsync per commit" in result.line()
    assert "lossy" not in result.line()


def test_a_peer_that_is_not_to_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(peer: Peer) -> None:
        raise NotInstalled("the shelf is empty")

    monkeypatch.setattr(running, "set_up", refuse)
    results = running.run_peers(tmp_path / "none", peers=environment.PEERS)
    assert [one.reason for one in results] == ["the shelf is empty"] * len(environment.PEERS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(environment.PEERS)
    assert lines[0] == "  duckdb: not measured: the shelf is empty"
    assert running.best(results) is None
    assert running.smallest_lossless(results) is None


def test_a_lossy_peer_is_marked_and_not_compared_by_size() -> None:
    lossy = Result("a", "A 1", "no fsync", 10, 1.0, 1.0, 5, is_lossless=False)
    exact = Result("b", "B 2", "fsync per commit", 10, 1.0, 2.0, 20, is_lossless=True)
    assert "(no fsync, lossy)" in lossy.line()
    assert running.smallest_lossless([lossy, exact]) is exact
    assert running.best([lossy, exact]) is lossy
