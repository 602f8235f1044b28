"""`lineshaft historian export`: stored records as plain Parquet."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]
WEEK = ("--start", "2026-01-01T00:00:00Z", "--end", "2026-01-08T00:00:00Z")


def test_a_machine_as_a_directory(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    done = lineshaft("historian", "export", target, "--machine", "mill", *WEEK, "--data", data)
    assert (done.exit_code, done.err.strip()) == (0, f"2 files in {target}")
    rows = {path.name: pq.read_table(path).num_rows for path in target.glob("mill/*")}
    assert rows == {"cut_time.parquet": 29, "execution.parquet": 2}


def test_a_signal_as_one_file(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "readings.parquet"
    named = ("--signal", "mill/execution", "--signal", "mill/execution")
    done = lineshaft("historian", "export", file, *named, *WEEK, "--data", data)
    assert (done.exit_code, done.out) == (0, "")
    assert pq.read_table(file).column("text").to_pylist() == ["ACTIVE", "READY"]


def test_an_export_of_nothing_is_refused(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "readings.parquet"
    done = lineshaft("historian", "export", file, *WEEK, "--data", data)
    assert done.exit_code == 2
    assert "cannot export 0 signals" in done.err
    assert not file.exists()
