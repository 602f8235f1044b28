"""Pages and API as a program: the live view is fed and the outbox carried beside them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp

from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.program import hub_bus
from lineshaft.bootstrap.supervision import ready_path
from lineshaft.core import messages
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import BusMessage, BusPublisher, StreamSpec
from lineshaft.infrastructure.database import OutboxRelay
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import configure_logging

LOG = structlog.get_logger(__name__)

OUTBOX_POLL_S = 0.5
STOP_S_MAX = 3
EVENTS = StreamSpec(
    name="EVENTS",
    subjects=("event.>",),
    bytes_max=256_000_000,
    age_s_max=7 * 86_400.0,
    message_bytes_max=messages.MESSAGE_BYTES_MAX,
    discard="old",
)
"""What happened, for whoever listens; the rooms' own tables are the record."""


@asynccontextmanager
async def api_background(app: Application) -> AsyncIterator[None]:
    """Feed the live view and carry the outbox, beside the pages, for as long as they are served."""
    settings = app.settings

    async def on_live(message: BusMessage) -> None:
        app.live.on_batch(messages.decode(message.data, messages.LiveBatch))

    async def on_notice(message: BusMessage) -> None:
        source = SourceId(message.subject.partition(".")[2])
        app.live.on_notice(source, messages.decode(message.data, messages.Notice))

    async with hub_bus(settings, "api") as bus:
        await bus.subscribe("live.>", on_live)
        await bus.subscribe("notice.>", on_notice)
        await bus.ensure_stream(EVENTS)
        relay = OutboxRelay(app.database, BusPublisher(bus), app.clock)
        carrying = asyncio.create_task(relay.run(poll_s=OUTBOX_POLL_S))
        try:
            yield
        finally:
            carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await carrying


def run_api(settings: Settings, create_app: Callable[[Application], ASGIApp]) -> None:
    """Serve pages and API until SIGTERM or SIGINT.

    Args:
        settings: of the installation.
        create_app: makes the web application of the use cases.
    """
    configure_logging("api", level=settings.log_level, log_format=settings.log_format)
    asyncio.run(_serve(settings, create_app))


async def _serve(settings: Settings, create_app: Callable[[Application], ASGIApp]) -> None:
    application = build(settings)
    config = uvicorn.Config(
        create_app(application),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S_MAX,
        ws_per_message_deflate=False,
    )
    with socket.create_server((settings.listen_host, settings.http_port)) as listener:
        server = _Server(config, partial(_tell_port, settings, listener.getsockname()[1]))
        async with api_background(application):
            await server.serve([listener])


class _Server(uvicorn.Server):
    """A server that says where it is once it serves."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell()


def _tell_port(settings: Settings, port: int) -> None:
    LOG.info("the pages are open", address=f"http://{settings.listen_host}:{port}")
    make_dir(settings.run_dir)
    write_durably(ready_path(settings, "api"), f"{port}\n".encode())
