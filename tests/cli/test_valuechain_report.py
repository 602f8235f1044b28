"""`lineshaft valuechain report`: its questions, and what it says is missing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import command_line
from lineshaft.cli.valuechain_report import asked_outage
from lineshaft.core.errors import Invalid

FIRM = Path(__file__).parents[2] / "examples" / "spindle-works"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command_line("valuechain"), ["valuechain", "report", *words])
    return result.exit_code, result.output + (result.stderr or "")


def test_it_writes_the_file_and_says_what_is_missing(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    words = ("--network", str(FIRM / "network"), "--language", "zh", "--out", str(out))
    code, said = run(*words, "--at", "2018-01-08T09:00:00Z")
    assert code == 0
    assert "未提出断供问题" in said
    assert "2018年1月8日 09:00 UTC" in out.read_text()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--hub", "--books", "books"),
        ("--books", "books", "--language", "fr"),
        ("--books", "books", "--format", "docx"),
        ("--books", "books", "--table", "table.csv"),
    ],
)
def test_what_it_cannot_do_it_refuses(words: tuple[str, ...], tmp_path: Path) -> None:
    code, said = run(*words, "--out", str(tmp_path / "x"))
    assert code != 0
    assert "expected" in said
    assert not (tmp_path / "x").exists()


def test_an_outage_is_read_of_words_and_of_a_scenario(tmp_path: Path) -> None:
    asked = asked_outage(
        "kind=supplier target=a target=b start=2018-01-01 days=60 keep_line=x credits_max=0"
    )
    assert asked is not None
    assert (asked.targets, asked.days, asked.horizon_days) == (("a", "b"), 60, 180)
    assert (asked.lines, asked.credits_max, asked.lost_margin_max) == (("x",), "0", None)
    scenario = tmp_path / "scenario.json"
    scenario.write_text(
        '{"question":{"kind":"port","targets":["DEHAM"],"start_on":"2018-01-01","days":3}}'
    )
    read = asked_outage(str(scenario))
    assert read is not None
    assert (read.kind, read.days) == ("port", 3)
    assert asked_outage("") is None


@pytest.mark.parametrize("text", ["kind=supplier", "what=x", "kind = a", "kind=supplier target"])
def test_another_outage_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="expected"):
        asked_outage(text)
