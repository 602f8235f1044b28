"""Long readers keep the files that they have on their list."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.errors import StoreFilesChanging
from lineshaft.platform.historian.ports import Manifest

LEASE_S = 60
"""How long a lease lasts that is not renewed: then its reader is taken for dead."""
_US_PER_S = 1_000_000


class Lease:
    """What a long reader holds while it reads."""

    def __init__(self, leases: "Leases", identity: int, until: Instant) -> None:
        """Hold the lease of that number."""
        self._leases, self._identity, self._until = leases, identity, until

    def renew(self) -> None:
        """Make it last on; to be called at least once in `LEASE_S`, and cheap to call more often.

        Raises:
            StoreFilesChanging: when it had run out: files may be gone.
        """
        self._until = self._leases.renewed(self._identity, self._until)


class Leases:
    """Gives leases: no file that was live when one began is unlinked before it ends."""

    def __init__(self, database: Database, manifest: Manifest, clock: Clock) -> None:
        """Keep leases in the manifest."""
        self._database, self._manifest, self._clock = database, manifest, clock

    @contextmanager
    def hold(self) -> Iterator[Lease]:
        """Hold a lease for a `with` block; read the list of files inside it, not before.

        A reader that takes long renews it from time to time, by the block of its output or in a
        `kept` thread.
        """
        now = self._clock.now()
        until = Instant(now + LEASE_S * _US_PER_S)
        with self._database.unit_of_work() as unit:
            identity = self._manifest.begin_lease(unit.connection, now, until)
        try:
            yield Lease(self, identity, until)
        finally:
            with self._database.unit_of_work() as unit:
                self._manifest.end_lease(unit.connection, identity)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Hold a lease that a thread renews until the `with` block ends."""
        ended = threading.Event()
        with self.hold() as lease:
            thread = threading.Thread(target=_renewing, args=(lease, ended), daemon=True)
            thread.start()
            try:
                yield
            finally:
                ended.set()
                thread.join()

    def renewed(self, identity: int, until: Instant) -> Instant:
        """Make a lease last on when a third of it is over; return until when it lasts."""
        now = self._clock.now()
        if until - now > LEASE_S * _US_PER_S * 2 // 3:
            return until
        longer = Instant(now + LEASE_S * _US_PER_S)
        with self._database.unit_of_work() as unit:
            is_there = self._manifest.renew_lease(unit.connection, identity, longer)
        if not is_there:
            msg = f"cannot go on reading the store: its files were not asked for in {LEASE_S} s"
            raise StoreFilesChanging(msg)
        return longer


def _renewing(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(LEASE_S / 6):
        lease.renew()
