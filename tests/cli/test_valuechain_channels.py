"""`lineshaft valuechain channels`: books in, what each channel did out."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome
from tests.valuechain.channels.books import write_books

Run = Callable[..., Outcome]


def test_channels_are_shown_by_line_and_quarter(lineshaft: Run, tmp_path: Path) -> None:
    folder = write_books(tmp_path / "books")
    command = ("valuechain", "channels", folder)
    found = lineshaft(*command, "--channel", "capital", "--line", "mill", "--json")
    released = [each for each in found.json["figures"] if each["indicator"] == "hours_released"]
    assert released[0]["value"] == "14"
    assert {each["channel"] for each in found.json["figures"]} == {"capital"}
    assert found.json["attribution"]["claim"] == "before_after_only"
    assert len(found.json["inputs"]) == 8
    shown = lineshaft(*command, "--channel", "digital")
    text = " ".join(shown.out.split())
    assert "not measured" in text
    assert "growth accounting: 2 comparable lines, 15 needed" in text
    assert "It is no effect" in text


def test_what_is_not_there_is_refused(lineshaft: Run, tmp_path: Path) -> None:
    found = lineshaft("valuechain", "channels", tmp_path / "none")
    assert found.exit_code == 2
    assert "expected a folder of CSV files" in " ".join(found.err.split())
    found = lineshaft("valuechain", "channels", write_books(tmp_path), "--channel", "x")
    assert "no channel 'x': expected one of capital" in " ".join(found.err.split())
    found = lineshaft("valuechain", "channels", tmp_path, "--outcome", "x")
    assert "no outcome 'x': expected one of labour" in " ".join(found.err.split())
