"""Live values to open pages: pushed, gathered, and only of the cells that are there.

Each page has one sender. It takes what has changed since it last sent and sends it as one message.
The browser answers each message; while a few are unanswered nothing is sent: a slow browser gets
fewer and newer values, and never a queue. Nothing is read from the database.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence

import msgspec
import structlog
from nicegui import Client, background_tasks, ui

from lineshaft.core.errors import Refusal
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, is_good, machine_of
from lineshaft.platform.twin.model import LiveEntry, Signal
from lineshaft.platform.twin.service import Watch
from lineshaft.web import format as form
from lineshaft.web.session import Visit, sign_in_path
from lineshaft.web.values import live_value

LOG = structlog.get_logger(__name__)

PUSH_INTERVAL_S = 0.010
"""Least time between two messages to one page; what arrives meanwhile goes together."""
UNANSWERED_MAX = 4
"""Most messages to one page that its browser has not answered yet."""
ANSWER_TIMEOUT_S = 2.0
"""A browser that has not answered for this long is sent the newest values again."""
SESSION_CHECK_S = 30.0
"""How often the session of an open live page is looked at again."""
US_PER_MS = 1_000


class Shown(msgspec.Struct, frozen=True):
    """What a page shows of one signal."""

    text: str
    at: str
    state: str
    is_stored: bool


def shown(visit: Visit, signal: Signal, entry: LiveEntry) -> Shown:
    """Return how a page shows a live entry."""
    return Shown(
        text=live_value(visit, signal, entry),
        at=form.second(entry.ts, visit.zone, visit.language),
        state="good" if is_good(entry.status) else "bad",
        is_stored=entry.is_stored,
    )


class LivePush:
    """Sends the changes of some signals to one page, until it is closed or may not watch."""

    def __init__(self, visit: Visit, client: Client, signals: Mapping[SignalId, Signal]) -> None:
        """Send what changes of `signals` to `client`."""
        self._visit, self._client, self._signals = visit, client, signals
        self._pending: dict[SignalId, LiveEntry] = {}
        self._sent: dict[SignalId, LiveEntry] = {}
        self._heard: dict[str, Instant] = {}
        self._changed = asyncio.Event()
        self._unanswered: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._watches: list[Watch] = []

    async def start(self, machines: Sequence[str]) -> None:
        """Begin; refused machines are left out, as the page shows what it may."""
        live = self._visit.application.live
        for machine in machines:
            try:
                self._watches.append(await self._visit.ask(live.watch, machine))
            except Refusal as refusal:
                LOG.info("live values not pushed", machine=machine, reason=str(refusal))
        self._client.on_delete(self.stop)
        if self._client.is_deleted:
            self.stop()
            return
        self._tasks = [
            background_tasks.create(self._send()),
            background_tasks.create(self._check_session()),
        ]
        self._tasks += [background_tasks.create(self._gather(watch)) for watch in self._watches]

    def stop(self) -> None:
        """Watch no longer."""
        for watch in self._watches:
            watch.close()
        for task in (*self._tasks, *self._unanswered):
            task.cancel()

    async def _gather(self, watch: Watch) -> None:
        while entries := await watch.changes():
            self._heard[watch.machine] = self._visit.application.clock.now()
            self._pending |= {
                entry.signal: entry for entry in entries if entry.signal in self._signals
            }
            self._changed.set()

    async def _send(self) -> None:
        while True:
            await self._changed.wait()
            while len(self._unanswered) >= UNANSWERED_MAX:
                await asyncio.wait(self._unanswered, return_when=asyncio.FIRST_COMPLETED)
            self._changed.clear()
            pending, self._pending = self._pending, {}
            heard, self._heard = self._heard, {}
            self._sent |= pending
            message = background_tasks.create(self._deliver(pending, heard))
            self._unanswered.add(message)
            message.add_done_callback(self._unanswered.discard)
            await asyncio.sleep(PUSH_INTERVAL_S)

    async def _deliver(
        self, entries: Mapping[SignalId, LiveEntry], heard: Mapping[str, Instant]
    ) -> None:
        """Send one message and wait for its answer."""
        changes = [self._change(entry) for entry in entries.values()]
        contacts = {machine: at // US_PER_MS for machine, at in heard.items()}
        try:
            await self._client.run_javascript(
                f"lineshaft.live({_script(changes)}, {_script(contacts)})",
                timeout=ANSWER_TIMEOUT_S,
            )
        except TimeoutError:
            # What it may have missed is offered again, each signal as it was sent last.
            self._pending = {signal: self._sent[signal] for signal in entries} | self._pending
            self._changed.set()

    def _change(self, entry: LiveEntry) -> list[object]:
        cell = shown(self._visit, self._signals[entry.signal], entry)
        return [entry.signal, cell.text, cell.at, cell.state, cell.is_stored]

    async def _check_session(self) -> None:
        """End with the session: an open page must not outlive the right to see it."""
        live = self._visit.application.live
        while True:
            await asyncio.sleep(SESSION_CHECK_S)
            try:
                for machine in {machine_of(signal) for signal in self._signals}:
                    await self._visit.ask(live.heard_at, machine)
            except Refusal:
                with self._client:
                    ui.navigate.to(sign_in_path(self._visit.path))
                self.stop()


def _script(content: object) -> str:
    return json.dumps(content, ensure_ascii=True)
