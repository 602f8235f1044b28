"""What is made before the workers start is what they look for."""

import importlib.util
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

from tests.warm import prepare


def test_what_is_prepared_is_found(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    test, plain = tmp_path / "test_one.py", tmp_path / "plain.py"
    for path in (test, plain):
        path.write_text("def test_one():\n    assert True\n")
    prepare([test, plain], pytestconfig)
    rewritten = rewrite.get_cache_dir(test) / f"test_one{rewrite.PYC_TAIL}"
    assert rewrite._read_pyc(test, rewritten) is not None
    assert Path(importlib.util.cache_from_source(str(plain))).is_file()
