"""Tasks that end when they are cancelled, whatever the libraries in them do.

Until Python 3.12, `asyncio.wait_for` loses a cancellation that comes together with what it waits
for (python/cpython#86296). Our own code takes `asyncio.timeout`; clients of buses and machines wait
with `wait_for`, and what is cancelled once then goes on for ever.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CANCEL_AGAIN_S = 2.0
"""After so long a task that goes on is cancelled again; whoever says farewell to a peer has it."""


async def cancel(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until all have ended; what they end with, they still tell who asks."""
    going = {task for task in tasks if not task.done()}
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=CANCEL_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, so that it is not reported as one that nobody looked at


@contextmanager
def heeding_cancellation() -> Iterator[None]:
    """Cancel the task at the end of a call of a library, where the library lost a cancellation.

    Raises:
        CancelledError: when the task was cancelled in between, and the call returned all the same.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
