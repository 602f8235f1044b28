"""Whoever follows the operator's guide gets what it shows: every command is run as it stands."""

from pathlib import Path

import pytest

from tests.cli.test_walk import ROOT, Walker, steps_of

PAGE = "docs/operators-guide.md"
WALK_S_MAX = 240


@pytest.mark.crash
@pytest.mark.timeout(WALK_S_MAX)
def test_the_guide_does_what_it_says(tmp_path: Path, commands: Path) -> None:
    walker = Walker(tmp_path, commands)
    steps = steps_of(PAGE, {})
    fences = (ROOT / PAGE).read_text(encoding="utf-8").count("<!-- walk")
    assert len(steps) == fences >= 11
    try:
        for step in steps:
            walker.take(step)
    finally:
        walker.end()
