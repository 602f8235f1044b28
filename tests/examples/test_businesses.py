"""Each business of `examples/` runs from a copy of its files, with the figures of its README."""

import json
import runpy
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
TOTALS = {
    "machining-hours": {"MILL-000001": "267.54"},
    "compressed-air": {"AIR-000001": "2754.53", "AIR-000002": "64.15"},
    "power-by-the-hour": {"FLY-000001": "68476.62"},
    "spindle-works": {"THM-000001": "3373.44"},
}
LINES = {
    "MILL-000001": ["100.00", "134.82", "-10.00"],
    "AIR-000001": ["1800.00", "604.73", "-90.00"],
    "AIR-000002": ["-36.09", "90.00"],
    "FLY-000001": ["6000.00", "52143.38", "-600.00"],
    "THM-000001": ["3000.00", "134.82", "-300.00"],
}

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(EXAMPLES, tmp_path_factory.mktemp("files") / "examples")


@pytest.fixture(scope="module")
def runner(copy: Path) -> ModuleType:
    module = ModuleType("businesses")
    vars(module).update(runpy.run_path(str(copy / "run.py"), run_name="businesses"))
    return module


@pytest.fixture(scope="module")
def data(runner: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One hub for all of them, as its start is what takes long."""
    made: Path = tmp_path_factory.mktemp("hub")
    with runner.hub(made):
        yield made


def test_every_business_is_here() -> None:
    assert {path.parent.name for path in EXAMPLES.glob("*/steps.sh")} == set(TOTALS)


@pytest.mark.parametrize("business", TOTALS)
def test_a_business_runs_from_its_files(
    business: str,
    copy: Path,
    data: Path,
    runner: ModuleType,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert runner.run(copy / business, data) == 0
    said = capfd.readouterr().out
    for number, gross in TOTALS[business].items():
        document = document_of(data / "out" / business / f"{number}.json")
        assert document["totals"]["gross"] == gross
        assert [line["amount"] for line in document["lines"]] == LINES[number]
        assert number in said
    assert said.count("verdict: proven") == len(TOTALS[business])
    readme = (EXAMPLES / business / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```text\n")[1].split("```")[0].splitlines()
    assert [line for line in shown if not is_said(line, said)] == []
    assert all(f"**{gross}**" in readme for gross in TOTALS[business].values())


def is_said(line: str, said: str) -> bool:
    return " ".join(line.split()) in " ".join(said.split())


def document_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())["document"]
    return content


@pytest.mark.parametrize(
    ("business", "argument", "made"),
    [
        ("compressed-air", "", ["readings.csv", "late.csv"]),
        ("power-by-the-hour", "readings.csv", ["readings.csv"]),
    ],
)
def test_the_readings_are_what_the_script_beside_them_makes(
    business: str, argument: str, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = EXAMPLES / business / "make_readings.py"
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path / argument)])
    runpy.run_path(str(script), run_name="__main__")
    for name in made:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / business / name).read_bytes()


def test_the_monitor_says_what_the_dew_point_is() -> None:
    lines = (EXAMPLES / "compressed-air" / "readings.csv").read_text(encoding="utf-8").splitlines()
    points = [line.split(",")[2] for line in lines if "/dew_point," in line]
    states = [line.split(",")[2] for line in lines if "/dew_point_state," in line]
    assert ["ABOVE" if Decimal(point) > 3 else "IN_CLASS" for point in points] == states
