"""One installation per data directory."""

import subprocess
import sys
from pathlib import Path

import pytest

from lineshaft.infrastructure.processes import DataDirectoryTaken, lock_data_dir

HOLDER = """
import sys
from pathlib import Path
from lineshaft.infrastructure.processes import lock_data_dir
with lock_data_dir(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.crash
@pytest.mark.timeout(30)
def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(DataDirectoryTaken, match=rf"process {holder.pid}"),
            lock_data_dir(tmp_path),
        ):
            pass
        holder.kill()
        holder.wait()
    with lock_data_dir(tmp_path):
        pass


def test_the_same_process_can_take_it_again(tmp_path: Path) -> None:
    for _ in range(2):
        with lock_data_dir(tmp_path / "new"):
            pass
