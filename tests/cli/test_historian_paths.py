"""`lineshaft historian paths`: made once, then there."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_paths_are_made_once(lineshaft: Run, data: Path) -> None:
    signals = ["mill/cut_time", "mill/no_such_signal"]
    first = lineshaft("historian", "paths", *signals, "--data", data)
    assert first.exit_code == 0
    assert first.out.startswith("1 paths were made")
    again = lineshaft("historian", "paths", *signals, "--data", data, "--json").json
    assert again == {"signals": signals, "paths": 0}
