"""The command line: the command that is asked for is the one that is loaded."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import CHAIN, COMMANDS, GROUPS, app, command_line

LOADED = """
import sys
from lineshaft.cli.main import run
sys.argv = ["lineshaft", "desk", "run", "--help"]
try:
    run()
except SystemExit as end:
    print(end.code, sorted(one for one in sys.modules if one.startswith("lineshaft.cli.")))
import lineshaft.bootstrap.selling
heavy = {"duckdb", "fastapi", "pandas", "pyarrow.compute", "pydantic", "scipy", "structlog"}
print(sorted(heavy & {*sys.modules}))
"""


LEFT = """
import sys
{imports}
from lineshaft.cli.main import run
sys.argv = ["lineshaft", "status", "--help"]
run()
"""


@pytest.mark.parametrize("library", ["duckdb", "pyarrow.compute", "lxml.etree", "cryptography"])
def test_a_command_ends_without_a_word(library: str) -> None:
    """Libraries look at the end for what is left of theirs."""
    command = [sys.executable, "-c", LEFT.format(imports=f"import {library}")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["status", "prepare", "desk", "invoice", CHAIN])
def test_a_command_alone_is_what_it_is_among_all(name: str) -> None:
    alone = CliRunner().invoke(command_line(name), [name, "--help"])
    among = CliRunner().invoke(app, [name, "--help"])
    assert alone.exit_code == 0
    assert alone.output == among.output


def test_any_other_name_is_refused_by_the_whole_command_line() -> None:
    for name in ("", "statsu", "--help"):
        said = command_line(name)
        assert len(said.registered_commands) == len(COMMANDS)
        assert len(said.registered_groups) == len(GROUPS) + 1
    refused = CliRunner().invoke(command_line("statsu"), ["statsu"])
    assert refused.exit_code == 2
    assert "status" in refused.output


def test_a_command_loads_no_other_and_a_study_no_library_that_it_does_not_use() -> None:
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *_, said, heavy = done.stdout.splitlines()
    code, _, modules = said.partition(" ")
    assert code == "0"
    assert modules == str([f"lineshaft.cli.{name}" for name in ("context", "desk", "main")])
    assert heavy == "[]"
