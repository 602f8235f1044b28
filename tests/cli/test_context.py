"""What commands write: text as it is, and a bar only where somebody sees it."""

import io
import sys

import pytest

from lineshaft.cli.context import NoProgress, progress, shown_on, write_line, write_table


def test_text_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = "urn:label:x [bold]press[/] :warning: 12.5"
    write_line(text)
    write_table("rows", ["name"], [[text]])
    written = capsys.readouterr().out
    assert written.count(text) == 2


def test_a_bar_is_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    bar = progress()
    assert isinstance(bar, NoProgress)
    with bar:
        shown_on(bar)("reading", 1, 2)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert not isinstance(progress(), NoProgress)
