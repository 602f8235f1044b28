"""Every record that a source spooled, stored exactly once (`README.md`)."""

import os

# Arrow reads this once, when it is loaded. Its own allocators keep what was freed for the threads
# that freed it: a hundred megabytes more at rest. That of the C library gives it back when asked
# (`intake/memory.py`), and a commit costs no more processor time with it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
