"""To the hub: be let in, send segments in order, trim what the historian has, send again what not.

The bus may lose anything at any time. What counts is the hub's mark: the commit notice moves it,
and after a notice of a gap, a reconnection, a restart, or silence, everything above it is sent
again. The hub throws repetitions away by their number and hash.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from enum import StrEnum

import structlog

from lineshaft.core.errors import Invalid, Unavailable
from lineshaft.core.messages import (
    ENROL_SUBJECT,
    EnrolAnswer,
    Notice,
    decode,
    encode,
    notice_subject,
    segment_subject,
)
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.edge import metrics
from lineshaft.network.edge.errors import ChainConflict
from lineshaft.network.edge.keys import EdgeKeys, load_or_create_keys, save_keys
from lineshaft.network.edge.model import WINDOW_SEGMENTS_MAX, EdgeConfig
from lineshaft.network.edge.ports import EdgeBus, Message
from lineshaft.network.edge.writer import SpoolWriter

BURST_SEGMENTS_MAX = 16
"""Most segments that are read from the spool, and on their way to the stream, at once."""
RETRY_S_MIN = 0.2
RETRY_S_MAX = 5.0
RESEND_S_MAX = 60.0
GAP_QUIET_S = 0.3
"""A second notice of the same gap within this time asks for what is on its way already."""

STOPPED = (
    "stopped: the hub has another history of this source than this edge; "
    "an administrator has to accept a new epoch"
)

_log = structlog.get_logger(__name__)


class UplinkState(StrEnum):
    """How the edge stands with the hub."""

    UNREACHABLE = "unreachable"
    WAITING = "waiting"
    REFUSED = "refused"
    CONFLICT = "conflict"
    ACCEPTED = "accepted"


@dataclass(slots=True)
class _Rewind:
    """The last time that sending began again, and from where."""

    number: int = -1
    at_s: float = 0.0


class Uplink:
    """Sends what the spool has sealed."""

    def __init__(
        self, config: EdgeConfig, writer: SpoolWriter, bus: EdgeBus, health: Health
    ) -> None:
        """Send over `bus`; `health` gets the check `hub`.

        Raises:
            SpoolDamaged: when the key file cannot be read.
        """
        self._config = config
        self._writer = writer
        self._bus = bus
        self._health = health
        self.keys = load_or_create_keys(config.key_path)
        if self.keys.next_salt_secret and writer.state.conflict_after is None:
            # the epoch had begun in the spool when this process ended
            self._use(self.keys.in_next_epoch())
        self.standing = UplinkState.UNREACHABLE
        self._sent = writer.state.mark_number
        self._rewind = _Rewind()
        self._resend_s = config.resend_s
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def is_drained(self) -> bool:
        """Whether the historian has every sealed segment."""
        return self._writer.state.mark_number == self._writer.state.sealed_number

    async def wait_drained(self) -> None:
        """Wait until the historian has every sealed segment."""
        while not self.is_drained:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Send until cancelled."""
        notices = await self._bus.subscribe(notice_subject(self._config.source), self._on_notice)
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
            self._begin_again(self._writer.state.mark_number, "silence")

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
            await self._writer.sealed.wait()
            self._writer.sealed.clear()
            self._wake.set()

    async def _on_connected(self) -> None:
        """Ask for the mark anew: the bus may have lost what it had."""
        if self.standing is UplinkState.ACCEPTED:
            self.standing = UplinkState.UNREACHABLE
        self._wake.set()

    async def _send(self) -> None:
        """Send segments in order while there is room in the window.

        Raises:
            Unavailable: when the stream does not take one; it and those behind it are sent again.
        """
        while self.standing is UplinkState.ACCEPTED:
            mark = self._writer.state.mark_number
            self._sent = max(self._sent, mark)
            room = min(WINDOW_SEGMENTS_MAX - (self._sent - mark), BURST_SEGMENTS_MAX)
            found = await self._writer.segments_after(self._sent, room) if room > 0 else []
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
        subject = segment_subject(self._config.source)
        stored: list[asyncio.Future[int]] = []
        try:
            for data in segments:
                stored.append(await self._bus.publish_async(subject, data))  # noqa: PERF401 - awaits
        finally:
            results = await asyncio.gather(*stored, return_exceptions=True)
        metrics.SEGMENTS_SENT.labels(self._config.source).inc(len(segments))
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _begin_again(self, number: int, why: str) -> None:
        """Send from the segment behind `number` on."""
        if number < self._sent:
            self._sent = number
            metrics.RESENDS.labels(self._config.source).inc()
            _log.info("sending again", source=self._config.source, after=number, why=why)
        self._wake.set()

    async def _on_notice(self, message: Message) -> None:
        try:
            notice = decode(message.data, Notice)
            header_hash = bytes.fromhex(notice.header_hash)
        except (Invalid, ValueError) as error:
            _log.warning("a notice that cannot be read", why=str(error))
            return
        state = self._writer.state
        if notice.epoch != state.epoch or state.conflict_after is not None:
            return
        if notice.kind == "committed":
            await self._on_committed(notice, header_hash)
        elif notice.kind == "missing":
            await self._on_missing(notice)
        else:
            await self._on_conflict(notice, header_hash)

    async def _on_committed(self, notice: Notice, header_hash: bytes) -> None:
        try:
            is_news = await self._writer.trim(notice.number, header_hash)
        except ChainConflict as error:
            await self._stop(notice.number, str(error))
            return
        if is_news:
            self._resend_s = self._config.resend_s
            self._moved.set()
            self._wake.set()

    async def _on_conflict(self, notice: Notice, header_hash: bytes) -> None:
        """Stop, unless what the hub has is our own history: then somebody else was refused.

        Headers are chained, so whoever agrees on the last one agrees on all before it.
        """
        if await self._writer.agrees(notice.number, header_hash):
            _log.error("the hub has refused a segment that another edge sent in our name")
        else:
            await self._stop(notice.number, f"the hub has another segment {notice.number}")

    async def _on_missing(self, notice: Notice) -> None:
        if notice.number < self._writer.state.mark_number:
            await self._stop(
                self._writer.state.mark_number + 1,
                f"the hub asks for segment {notice.number + 1}, which it had confirmed",
            )
            return
        now_s = asyncio.get_running_loop().time()
        is_repeated = notice.number == self._rewind.number
        if not (is_repeated and now_s < self._rewind.at_s + GAP_QUIET_S):
            self._rewind = _Rewind(notice.number, now_s)
            self._begin_again(notice.number, "the hub misses it")

    async def _stop(self, number: int, why: str, hub_sequence: int | None = None) -> None:
        """Send nothing more of this epoch, say so, and ask for a new one."""
        await self._writer.note_conflict(number, hub_sequence)
        self.standing = UplinkState.CONFLICT
        _log.error(why, source=self._config.source)
        self._tell(STOPPED)
        self._wake.set()

    async def _enrol(self) -> None:
        """Ask to be let in, or for a new epoch.

        Raises:
            Unavailable: when nobody answers.
        """
        if self._writer.state.conflict_after is not None and not self.keys.next_salt_secret:
            self._use(self.keys.wanting_epoch())
        request = self.keys.request(self._config.source)
        try:
            answer = decode(await self._bus.request(ENROL_SUBJECT, encode(request)), EnrolAnswer)
        except Invalid as error:
            raise Unavailable(str(error)) from error
        if answer.state == "accepted":
            await self._accepted(answer)
        elif answer.state == "waiting" and request.is_new_epoch_wanted:
            self.standing = UplinkState.CONFLICT
            self._tell(STOPPED)
        else:
            is_refused = answer.state == "refused"
            self.standing = UplinkState.REFUSED if is_refused else UplinkState.WAITING
            self._tell(f"the hub answers: {answer.state} {answer.reason}".rstrip())

    async def _accepted(self, answer: EnrolAnswer) -> None:
        state = self._writer.state
        if answer.epoch > state.epoch:
            await self._writer.start_epoch(answer.epoch)
            self._use(self.keys.in_next_epoch())
            self._sent = 0
            if answer.number > 0:
                why = (
                    f"the hub has {answer.number} segments of epoch {answer.epoch}, this edge none"
                )
                await self._stop(1, f"{why}: its spool was lost")
                return
            await self._writer.seal(self.keys)
        elif state.conflict_after is not None:
            self.standing = UplinkState.CONFLICT
            return
        elif answer.epoch < state.epoch or answer.number < state.mark_number:
            why = f"the hub knows segment {answer.number} of epoch {answer.epoch} only, but had "
            why += f"confirmed {state.mark_number} of epoch {state.epoch}"
            await self._stop(state.mark_number + 1, why)
            return
        elif answer.number > state.sealed_number:
            why = f"the hub has segment {answer.number}, this edge only {state.sealed_number}"
            await self._stop(state.sealed_number + 1, why, answer.sequence)
            return
        # the last one that the hub has is sent once more: it compares the hash
        self._sent = max(self._writer.state.mark_number, answer.number - 1)
        self.standing = UplinkState.ACCEPTED

    def _use(self, keys: EdgeKeys) -> None:
        save_keys(self._config.key_path, keys)
        self.keys = keys

    def _tell(self, why_not: str) -> None:
        if self._health.report().checks.get("hub") != why_not:
            _log.warning(why_not, source=self._config.source)
        self._health.set("hub", why_not)
