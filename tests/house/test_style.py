"""Format, lint and strict types: the same commands as `make check`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMMANDS = [["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]]


# mypy without its cache reads every library once
@pytest.mark.timeout(240)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_tree_is_clean(command: list[str]) -> None:
    program, *arguments = command
    result = subprocess.run(
        [BIN / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
