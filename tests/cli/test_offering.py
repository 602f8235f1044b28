"""`lineshaft offering`: from a pack to a version that is withdrawn, and through a file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.cli import offering
from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]
FEE = "terms.base_fee.amount_per_month"


def test_an_offering_from_a_pack_to_its_withdrawal(
    lineshaft: Run, data: Path, tmp_path: Path
) -> None:
    def run(*arguments: object) -> Outcome:
        said = lineshaft("offering", *arguments, "--data", data)
        assert said.exit_code == 0, said.err
        return said

    assert "pay-per-use" in run("packs").out
    assert "pay-per-use" in [pack["id"] for pack in run("packs", "--json").json]
    assert FEE in run("show", "pay-per-use", "--pack").out
    named = ("--name", "Mill", "--name-zh", "铣床", "--currency", "CNY")
    for _ in range(2):
        made = run("new", "pay-per-use", "mill", *named, "--set", f"{FEE}=7500.00")
        assert "offering mill version 1 is recorded" in made.out
    assert "version 2" in run("version", "mill", "--set", f"{FEE}=8000.00").out
    assert run("diff", "mill", 1, 2, "--json").json == [
        {"place": FEE, "before": "7500.00", "after": "8000.00"}
    ]
    assert "8000.00" in run("diff", "mill", 1, 2).out
    assert run("show", "mill", "--version", 1, "--json").json["offering"]["currency"] == "CNY"

    file = tmp_path / "mill.json"
    run("export", "mill", file)
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["version"] == 2
    file.write_text(json.dumps(content | {"version": 3, "binding": "stand_alone"}))
    for _ in range(2):
        assert "offering mill version 3 is recorded" in run("import", file).out

    listed = run("list", "--kind", "pay_per_use", "--binding", "stand_alone", "--json").json
    assert [entry["offering"]["id"] for entry in listed] == ["mill"]
    assert "withdrawn: too dear" in run("withdraw", "mill", "--reason", "too dear").out
    assert "withdrawn:" in run("list").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new", "pay-per-use", "mill", "--name", "Mill"), "both languages"),
        (("new", "pay-per-use", "mill", "--set", FEE), "expected PLACE=VALUE"),
        (("new", "pay-per-use", "mill", "--set", "terms.fee=1"), "has no 'terms.fee'"),
        (("list", "--kind", "gremlin"), "expected one of subscription"),
    ],
)
def test_what_is_said_wrongly_is_refused(
    lineshaft: Run, data: Path, arguments: tuple[str, ...], message: str
) -> None:
    said = lineshaft("offering", *arguments, "--data", data)
    assert said.exit_code == 2
    assert message in " ".join(said.err.split())


def test_a_file_is_json_and_has_a_maximum(
    lineshaft: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mill.json"
    file.write_text("not json")
    assert "as JSON" in lineshaft("offering", "import", file, "--data", data).err
    monkeypatch.setattr(offering, "FILE_BYTES_MAX", 3)
    assert "at most 3" in lineshaft("offering", "import", file, "--data", data).err
