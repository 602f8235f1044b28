"""The live view: the latest value of each signal, pushed to whoever watches a machine.

It is fed from the live subject and from the hub's notices. Nothing is stored, metered or billed
from it. Each watcher has a buffer that keeps only the latest value of a signal, so that a slow page
costs no more memory than a fast one.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from lineshaft.core.messages import LiveBatch, Notice
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId, machine_of
from lineshaft.platform.twin.errors import TooManyWatchers
from lineshaft.platform.twin.model import LiveEntry, Machine
from lineshaft.platform.twin.ports import LatestValues
from lineshaft.security.authorisation.model import SYSTEM_API, Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

WATCHERS_MAX = 1_000


class Watch:
    """What one page sees of one machine, until it is closed."""

    def __init__(self, view: "LiveView", machine: str) -> None:
        """Watch `machine` on `view`."""
        self._view = view
        self.machine = machine
        self._pending: dict[SignalId, LiveEntry] = {}
        self._changed = asyncio.Event()

    def offer(self, entry: LiveEntry) -> None:
        """Take a newer value of a signal."""
        self._pending[entry.signal] = entry
        self._changed.set()

    async def changes(self) -> list[LiveEntry]:
        """Wait for changes and return the latest value of each changed signal."""
        await self._changed.wait()
        self._changed.clear()
        pending, self._pending = self._pending, {}
        return list(pending.values())

    def close(self) -> None:
        """Stop watching."""
        self._view.forget(self)


class LiveView:
    """The latest values of all machines; lives on the event loop of the process with the pages."""

    def __init__(self, latest: LatestValues, authorizer: Authorizer) -> None:
        """Begin empty; values from before are read from `latest` when a machine is first asked."""
        self._latest = latest
        self._authorizer = authorizer
        self._entries: dict[str, dict[SignalId, LiveEntry]] = defaultdict(dict)
        self._loaded: set[str] = set()
        self._marks: dict[SourceId, int] = {}
        self._unstored: dict[SourceId, dict[SignalId, LiveEntry]] = defaultdict(dict)
        self._heard: dict[str, Instant] = {}
        self._watches: dict[str, set[Watch]] = defaultdict(set)
        self._lock = threading.RLock()

    def on_batch(self, batch: LiveBatch) -> None:
        """Take the latest values of a source; an older value never replaces a newer one."""
        with self._lock:
            mark = self._marks.get(batch.source, 0)
            for value in batch.values:
                entry = LiveEntry(
                    signal=value.signal,
                    ts=value.ts,
                    status=value.status,
                    display=value.display,
                    number=value.number,
                    source=batch.source,
                    sequence=value.sequence,
                    is_stored=value.sequence <= mark,
                )
                self._heard[machine_of(value.signal)] = batch.sent_at
                known = self._entries[machine_of(value.signal)].get(value.signal)
                if known is None or value.ts >= known.ts:
                    self._show(entry)

    def on_notice(self, source: SourceId, notice: Notice) -> None:
        """Note how far a source is in the historian, and mark what is stored now."""
        if notice.kind != "committed":
            return
        with self._lock:
            self._marks[source] = notice.sequence
            waiting = self._unstored[source]
            stored = [e for e in waiting.values() if e.sequence <= notice.sequence]
            for entry in stored:
                del waiting[entry.signal]
                # Another source may have said something newer since.
                if self._entries[machine_of(entry.signal)].get(entry.signal) == entry:
                    self._show(replace(entry, is_stored=True))

    def _show(self, entry: LiveEntry) -> None:
        machine = machine_of(entry.signal)
        self._entries[machine][entry.signal] = entry
        if entry.source is not None and not entry.is_stored:
            self._unstored[entry.source][entry.signal] = entry
        for watch in self._watches[machine]:
            watch.offer(entry)

    def entries(self, actor: Actor, machine: Machine) -> dict[SignalId, LiveEntry]:
        """Return the latest value of each signal of a machine.

        Raises:
            Forbidden: when the actor may not see the machine as it is now.
        """
        self._authorize(actor, machine.id)
        if machine.id not in self._loaded:
            stored = self._latest.latest(SYSTEM_API, [signal.id for signal in machine.signals])
            self._take_stored(machine.id, stored.values())
        with self._lock:
            return dict(self._entries[machine.id])

    def _take_stored(self, machine: str, entries: Iterable[LiveEntry]) -> None:
        with self._lock:
            known = self._entries[machine]
            for entry in entries:
                if entry.signal not in known or known[entry.signal].ts < entry.ts:
                    known[entry.signal] = entry
            self._loaded.add(machine)

    def heard_at(self, actor: Actor, machine: str) -> Instant | None:
        """Return when the machine last said something since this process runs, or None.

        Raises:
            Forbidden: when the actor may not see the machine as it is now.
        """
        self._authorize(actor, machine)
        return self._heard.get(machine)

    def watch(self, actor: Actor, machine: str) -> Watch:
        """Begin to watch a machine.

        The right to is decided here, once, and not for every value: who keeps a watch for long asks
        `heard_at` from time to time, and closes it when that refuses.

        Raises:
            Forbidden: when the actor may not see the machine as it is now.
            TooManyWatchers: at `WATCHERS_MAX`.
        """
        self._authorize(actor, machine)
        watch = Watch(self, machine)
        with self._lock:
            if sum(map(len, self._watches.values())) >= WATCHERS_MAX:
                msg = f"cannot watch {machine}: {WATCHERS_MAX} pages are watching already"
                raise TooManyWatchers(msg)
            self._watches[machine].add(watch)
        return watch

    def forget(self, watch: Watch) -> None:
        """Stop telling a watcher."""
        with self._lock:
            self._watches[watch.machine].discard(watch)

    def _authorize(self, actor: Actor, machine: str) -> None:
        resource = Resource("machine", machine, machine=machine)
        self._authorizer.authorize(actor, Action.LIVE_READ, resource)
