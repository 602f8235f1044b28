"""The notebook of the spindle works runs, and says what its README counts by hand."""

import ast
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

FIRM = Path(__file__).parents[2] / "examples" / "spindle-works"
NOTEBOOK = FIRM / "board.ipynb"


@pytest.mark.timeout(60)
def test_its_cells_run_from_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads(NOTEBOOK.read_text("utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    monkeypatch.chdir(FIRM)
    names: dict[str, Any] = {"__name__": "notebook"}
    shown = [_run("".join(cell["source"]), names) for cell in cells]
    answer = names["answer"]
    assert [line["stopped_days"] for line in answer["lines"]] == [40, 40, 40]
    assert (answer["credits"], answer["cost"]) == ("-6500.00", {"EUR": "46000.00"})
    assert names["shares"] == {
        2016: Fraction(1_881_740, 17_434_540),
        2017: Fraction(2_915_740, 18_948_240),
    }
    digital = names["digital"]
    assert sum(digital[f"2017-Q{number}"] for number in range(1, 5)) == 216_000
    pictures = [each for each in shown if hasattr(each, "_repr_svg_")]
    assert len(pictures) == 5
    assert all(each._repr_svg_().startswith("<svg") for each in pictures)
    assert names["smile"].shape.value == "smile"


def _run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell and return what a notebook would show of it: its last expression."""
    *before, last = ast.parse(source).body
    body = [*before] if isinstance(last, ast.Expr) else [*before, last]
    exec(compile(ast.Module(body, []), str(NOTEBOOK), "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)
