"""`lineshaft valuechain books`, and the commands that use the books that the hub keeps."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.valuechain.books.service import sample_files
from tests.cli.conftest import Outcome

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "spindle-works" / "books"


def test_books_are_imported_listed_and_used(
    lineshaft: Callable[..., Outcome], empty_installation: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(empty_installation, tmp_path / "data")

    def run(*arguments: object) -> Outcome:
        return lineshaft("valuechain", *arguments, "--data", data)

    nothing = run("smile", "--hub")
    assert nothing.exit_code == 4
    assert "lineshaft valuechain books import FOLDER" in nothing.err.replace("\n", " ")
    sample = tmp_path / "sample.zip"
    sample.write_bytes(sample_files())
    assert run("books", "import", sample).out.startswith("version 1 of the books: revenue 7,")
    made = run("books", "import", EXAMPLE, "--note", "two years", "--json").json
    assert (made["version"], made["as_of"], made["note"]) == (2, "2017-12", "two years")
    assert [each["version"] for each in run("books", "list", "--json").json["books"]] == [2, 1]
    assert len(run("smile", "--hub", "--json").json) == 1 + 8
    kept = run("channels", "--hub", "--channel", "digital", "--json").json
    assert (kept["books"], {each["channel"] for each in kept["figures"]}) == (
        "books version 2",
        {"digital"},
    )
    page = run("servitization", "lines", "--hub", "--limit", "1", "--json").json
    assert (page["after"], page["lines"][0]["document"]) == ("1", "B16-0001")


def test_one_place_of_the_books_is_said(lineshaft: Callable[..., Outcome]) -> None:
    for command in (("smile",), ("channels",), ("channels", EXAMPLE, "--hub")):
        refused = lineshaft("valuechain", *command)
        assert refused.exit_code == 2
        assert "or --hub" in refused.err
