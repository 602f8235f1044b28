import importlib
import subprocess
import sys

import pytest

from lineshaft.infrastructure.imports import without


def test_an_absent_library_cannot_be_imported_inside_and_can_be_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("colorsys")
    assert importlib.import_module("colorsys").rgb_to_hsv


def test_what_is_imported_already_stays() -> None:
    with without("json"):
        assert importlib.import_module("json") is sys.modules["json"]


def test_what_is_left_out_stays_out_and_pyarrow_and_duckdb_do_without() -> None:
    script = (
        "from lineshaft.infrastructure.imports import leave_out; leave_out('pandas');"
        "import sys, duckdb, pyarrow as pa; rows = pa.table({'n': pa.array([1, 2])});"
        "assert duckdb.sql('SELECT sum(n) FROM rows').fetchall() == [(3,)];"
        "assert 'pandas' not in sys.modules;"
        "import pandas"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError: pandas is left out of this process" in done.stderr


def test_what_was_left_out_is_found_again_when_a_use_needs_it_after_all() -> None:
    script = (
        "from lineshaft.infrastructure.imports import bring_back, leave_out;"
        "leave_out('colorsys', 'wave'); bring_back('colorsys'); import colorsys, wave"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError: wave is left out of this process" in done.stderr
