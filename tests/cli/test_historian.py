"""`lineshaft historian`: the check of what is stored."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_a_sound_store_is_checked(lineshaft: Run, data: Path) -> None:
    sound = lineshaft("historian", "check", "--data", data)
    assert sound.exit_code == 0
    assert "1 segments, 31 records read" in sound.out
    assert "every record is as its source has signed it" in sound.out
    found = lineshaft("historian", "check", "--data", data, "--json").json
    assert (found["segments"], found["records"], found["faults"]) == (1, 31, [])


def test_a_fault_is_named_and_exits_1(lineshaft: Run, data: Path) -> None:
    file = min(data.glob("store/**/*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    faulty = lineshaft("historian", "check", "--data", data)
    assert faulty.exit_code == 1
    assert f"store file {file.parent.name}/{file.name}: its bytes are not" in faulty.out
    assert lineshaft("historian", "check", "--data", data, "--json").json["faults"]
