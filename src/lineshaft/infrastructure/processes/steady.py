"""Keeps a process that serves others from pausing."""

import atexit
import gc
import sys

SWITCH_S = 0.000_5
"""Longest time that a thread computes while the event loop waits; Python's own is 5 ms."""
NEW_OBJECTS = 50_000
"""Objects after which garbage is collected: few enough that nobody notices the pause."""


def be_steady() -> None:
    """Shorten the pauses of this process, once it has imported and built what it needs.

    What is there now stays to the end, so the garbage collector need not look at it again: a full
    collection of the pages' process took 120 to 160 ms (`gc.freeze`, Python library reference).
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    # libraries in C look at the end for what nobody has freed
    atexit.register(gc.unfreeze)
