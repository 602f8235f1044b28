"""To the hub: be let in, send segments in order, forget what it has stored, send again what not.

The bus may lose anything at any time. What counts is the hub's mark: the commit notice moves it,
and after a notice of a gap, a reconnection, a restart, or silence, everything above it is sent
again. The hub throws repetitions away by their number and hash. What there is to send, and what
another history at the hub means, each kind of source knows for itself (`History`).
"""

import asyncio
import contextlib
from enum import StrEnum
from typing import Protocol

import msgspec
import structlog
from prometheus_client import Counter

from lineshaft.core.errors import Invalid, Unavailable
from lineshaft.core.messages import (
    ENROL_SUBJECT,
    EnrolAnswer,
    EnrolRequest,
    Notice,
    decode,
    encode,
    notice_subject,
    segment_subject,
)
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.errors import ChainConflict
from lineshaft.network.ports import Message, SourceBus

WINDOW_SEGMENTS_MAX = 128
"""Most segments that are sent and not yet in the historian."""
BURST_SEGMENTS_MAX = 16
"""Most segments that are read from the history, and on their way to the stream, at once."""
RETRY_S_MIN = 0.2
RETRY_S_MAX = 5.0
RESEND_S_MAX = 60.0
GAP_QUIET_S = 0.3
"""A second notice of the same gap within this time asks for what is on its way already."""

STOPPED = (
    "stopped: the hub has another history of this source than this edge; "
    "an administrator has to accept a new epoch"
)

SEGMENTS_SENT = Counter(
    "lineshaft_edge_segments_sent", "Segments sent, repetitions too", ("source",)
)
RESENDS = Counter(
    "lineshaft_edge_resends", "Times that sending began again at the mark", ("source",)
)

_log = structlog.get_logger(__name__)


class UplinkState(StrEnum):
    """How a source stands with the hub."""

    UNREACHABLE = "unreachable"
    WAITING = "waiting"
    REFUSED = "refused"
    CONFLICT = "conflict"
    ACCEPTED = "accepted"


class History(Protocol):
    """The sealed segments of a source, from the mark on."""

    @property
    def source(self) -> SourceId:
        """Its name towards the hub."""
        ...

    @property
    def mark_number(self) -> int:
        """The last segment that the historian has, as far as is known here."""
        ...

    @property
    def is_drained(self) -> bool:
        """Whether the historian has every sealed segment."""
        ...

    @property
    def sealed(self) -> asyncio.Event:
        """Set when there may be segments to be sent."""
        ...

    def request(self) -> EnrolRequest:
        """Return the request to be let in."""
        ...

    def hears(self, epoch: int) -> bool:
        """Tell whether a notice of that epoch concerns this history."""
        ...

    async def accept(self, answer: EnrolAnswer, confirmed: int) -> int | None:
        """Take the hub's epoch and mark; return the segment after which sending begins.

        Nothing is returned where a new epoch is needed first.

        Args:
            answer: the hub's.
            confirmed: the mark when the hub was asked. A notice of more may overtake the answer,
                so that only an answer below this one tells of another history.

        Raises:
            ChainConflict: when the hub has another history.
        """
        ...

    async def segments_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Return sealed segments above a number, in order; those that there are now."""
        ...

    async def trim(self, number: int, header_hash: bytes) -> bool:
        """Forget what the historian has; tells whether it is news.

        Raises:
            ChainConflict: when the hub has another history.
        """
        ...

    async def agrees(self, number: int, header_hash: bytes) -> bool:
        """Tell whether a history that ends with this segment is the beginning of ours."""
        ...

    async def stop(self, conflict: ChainConflict) -> None:
        """Seal and send nothing more of this epoch."""
        ...


class _Rewind(msgspec.Struct):
    """The last time that sending began again, and from where."""

    number: int = -1
    at_s: float = 0.0


class Uplink:
    """Sends what a history has sealed."""

    def __init__(
        self,
        history: History,
        bus: SourceBus,
        health: Health,
        *,
        resend_s: float,
        window: int = WINDOW_SEGMENTS_MAX,
    ) -> None:
        """Send over `bus`; `health` gets the check `hub`.

        Args:
            history: what is sent.
            bus: the way to the hub.
            health: says why nothing can be sent.
            resend_s: without news of the hub for so long, everything above the mark is sent again.
            window: most segments that are sent and not yet in the historian.
        """
        self._history = history
        self._source = history.source
        self._bus = bus
        self._health = health
        self.standing = UplinkState.UNREACHABLE
        self._sent = history.mark_number
        self._rewind = _Rewind()
        self._resend_s_min = self._resend_s = resend_s
        self._window = window
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def is_drained(self) -> bool:
        """Whether the historian has every sealed segment."""
        return self._history.is_drained

    async def wait_drained(self) -> None:
        """Wait until the historian has every sealed segment."""
        while not self.is_drained:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        notices = await self._bus.subscribe(notice_subject(self._source), self._on_notice)
        self._bus.on_connected(self._on_connected)
        waking = asyncio.create_task(self._wake_on_sealed())
        retry_s = RETRY_S_MIN
        try:
            while True:
                self._wake.clear()
                if await self._step():
                    retry_s = RETRY_S_MIN
                    await self._wait_for_news()
                else:
                    await self._wait(retry_s)
                    retry_s = min(2 * retry_s, RETRY_S_MAX)
        finally:
            waking.cancel()
            with contextlib.suppress(Unavailable):
                await notices.close()

    async def _step(self) -> bool:
        """Do what can be done now; tells whether it is done, or to be tried again soon."""
        try:
            if self.standing is not UplinkState.ACCEPTED:
                await self._enrol()
            if self.standing is UplinkState.ACCEPTED:
                await self._send()
        except Unavailable as error:
            self._tell(str(error))
            return False
        if self.standing is UplinkState.ACCEPTED:
            self._health.set("hub")
        return self.standing is UplinkState.ACCEPTED

    async def _wait_for_news(self) -> None:
        """Wait for segments, room or notices; after a long silence begin again at the mark."""
        if not await self._wait(None if self.is_drained else self._resend_s):
            self._resend_s = min(2 * self._resend_s, RESEND_S_MAX)
            self._begin_again(self._history.mark_number, "silence")

    async def _wait(self, limit_s: float | None) -> bool:
        """Wait to be woken; tells whether that was within `limit_s` seconds."""
        try:
            async with asyncio.timeout(limit_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def _wake_on_sealed(self) -> None:
        while True:
            await self._history.sealed.wait()
            self._history.sealed.clear()
            self._wake.set()

    async def _on_connected(self) -> None:
        """Ask for the mark anew: the bus may have lost what it had."""
        self._ask_anew()

    def _ask_anew(self) -> None:
        if self.standing is UplinkState.ACCEPTED:
            self.standing = UplinkState.UNREACHABLE
        self._wake.set()

    async def _send(self) -> None:
        """Send segments in order while there is room in the window.

        Raises:
            Unavailable: when the stream does not take one; it and those behind it are sent again.
        """
        while self.standing is UplinkState.ACCEPTED:
            mark = self._history.mark_number
            self._sent = max(self._sent, mark)
            room = min(self._window - (self._sent - mark), BURST_SEGMENTS_MAX)
            found = await self._history.segments_after(self._sent, room) if room > 0 else []
            if not found:
                return
            first = self._sent
            self._sent = found[-1][0]
            try:
                await self._publish([data for _, data in found])
            except Unavailable:
                self._sent = min(self._sent, first)
                raise

    async def _publish(self, segments: list[bytes]) -> None:
        subject = segment_subject(self._source)
        stored: list[asyncio.Future[int]] = []
        try:
            for data in segments:
                stored.append(await self._bus.publish_async(subject, data))  # noqa: PERF401 - awaits
        finally:
            results = await asyncio.gather(*stored, return_exceptions=True)
        SEGMENTS_SENT.labels(self._source).inc(len(segments))
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _begin_again(self, number: int, why: str) -> None:
        """Send from the segment behind `number` on."""
        if number < self._sent:
            self._sent = number
            RESENDS.labels(self._source).inc()
            _log.info("sending again", source=self._source, after=number, why=why)
        self._wake.set()

    async def _on_notice(self, message: Message) -> None:
        try:
            notice = decode(message.data, Notice)
            header_hash = bytes.fromhex(notice.header_hash)
        except (Invalid, ValueError) as error:
            _log.warning("a notice that cannot be read", why=str(error))
            return
        if not self._history.hears(notice.epoch):
            return
        if notice.kind == "committed":
            await self._on_committed(notice, header_hash)
        elif notice.kind == "missing":
            self._on_missing(notice)
        else:
            await self._on_conflict(notice, header_hash)

    async def _on_committed(self, notice: Notice, header_hash: bytes) -> None:
        try:
            is_news = await self._history.trim(notice.number, header_hash)
        except ChainConflict as error:
            await self._stop(error)
            return
        if is_news:
            self._resend_s = self._resend_s_min
            self._moved.set()
            self._wake.set()

    async def _on_conflict(self, notice: Notice, header_hash: bytes) -> None:
        """Stop, unless what the hub has is our own history: then somebody else was refused.

        Headers are chained, so whoever agrees on the last one agrees on all before it.
        """
        if await self._history.agrees(notice.number, header_hash):
            _log.error("the hub has refused a segment that another edge sent in our name")
        else:
            why = f"the hub has another segment {notice.number}"
            await self._stop(ChainConflict(why, notice.number))

    def _on_missing(self, notice: Notice) -> None:
        if notice.number < self._history.mark_number:
            # Old, or of a hub that was restored from a backup: its answer will tell.
            self._ask_anew()
            return
        now_s = asyncio.get_running_loop().time()
        is_repeated = notice.number == self._rewind.number
        if not (is_repeated and now_s < self._rewind.at_s + GAP_QUIET_S):
            self._rewind = _Rewind(notice.number, now_s)
            self._begin_again(notice.number, "the hub misses it")

    async def _stop(self, conflict: ChainConflict) -> None:
        """Send nothing more of this epoch, say so, and ask for a new one."""
        await self._history.stop(conflict)
        self.standing = UplinkState.CONFLICT
        _log.error(str(conflict), source=self._source)
        self._tell(STOPPED)
        self._wake.set()

    async def _enrol(self) -> None:
        """Ask to be let in, or for a new epoch.

        Raises:
            Unavailable: when nobody answers.
        """
        request, confirmed = self._history.request(), self._history.mark_number
        try:
            answer = decode(await self._bus.request(ENROL_SUBJECT, encode(request)), EnrolAnswer)
        except Invalid as error:
            raise Unavailable(str(error)) from error
        if answer.state == "accepted":
            await self._accepted(answer, confirmed)
        elif answer.state == "waiting" and request.is_new_epoch_wanted:
            self.standing = UplinkState.CONFLICT
            self._tell(STOPPED)
        else:
            is_refused = answer.state == "refused"
            self.standing = UplinkState.REFUSED if is_refused else UplinkState.WAITING
            self._tell(f"the hub answers: {answer.state} {answer.reason}".rstrip())

    async def _accepted(self, answer: EnrolAnswer, confirmed: int) -> None:
        try:
            after = await self._history.accept(answer, confirmed)
        except ChainConflict as error:
            await self._stop(error)
            return
        if after is None:
            self.standing = UplinkState.CONFLICT
            return
        self._sent = after
        self.standing = UplinkState.ACCEPTED

    def _tell(self, why_not: str) -> None:
        if self._health.report().checks.get("hub") != why_not:
            _log.warning(why_not, source=self._source)
        self._health.set("hub", why_not)
