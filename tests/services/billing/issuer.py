"""A process that issues or corrects one document and stops half-way, to be killed there.

`python -m tests.services.billing.issuer URL KEYS POINT [correct]`: prints POINT when it is reached,
inside the transaction, and then waits for ever.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database
from lineshaft.services.billing.service import Billing
from lineshaft.services.billing.store import SqlDocumentStore
from tests.services.billing.examples import PERIOD
from tests.services.billing.late import STEP_US
from tests.services.hub import FINANCE, build_hub

POINTS = ("draw_positions", "add_documents", "add_transactions")
CORRECTION_POINTS = (*POINTS, "add_rerating")


def main(url: str, keys: str, point: str, task: str = "issue") -> None:
    """Issue or correct the example day; stop for ever when the store has done `point`."""
    store = SqlDocumentStore()
    setattr(store, point, _stopping(getattr(store, point), point))
    hub = build_hub(Database(url), Path(keys), lambda: RandomIds(SystemClock()))
    billing = Billing(replace(hub.parts, store=store))
    if task == "correct":
        hub.clock.advance(STEP_US)
        billing.correct(FINANCE, "c-1001", PERIOD)
    else:
        billing.issue(FINANCE, "c-1001", PERIOD)


def _stopping(method: Callable[..., Any], point: str) -> Callable[..., Any]:
    def stop(*arguments: Any) -> Any:
        method(*arguments)
        print(point, flush=True)
        threading.Event().wait()

    return stop


if __name__ == "__main__":
    main(*sys.argv[1:])
