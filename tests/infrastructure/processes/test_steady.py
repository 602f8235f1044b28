"""A process that serves others does not pause for what it has had from the start."""

import subprocess
import sys

CODE = """
import gc, sys
from lineshaft.infrastructure.processes.steady import NEW_OBJECTS, SWITCH_S, be_steady
kept = [[number] for number in range(100_000)]
be_steady()
assert sys.getswitchinterval() == SWITCH_S
assert gc.get_threshold()[0] == NEW_OBJECTS
assert gc.get_freeze_count() > len(kept)
assert len(gc.get_objects()) < len(kept), "the collector still looks at them"
"""


def test_the_collector_leaves_alone_what_was_there_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
