"""What runs beside the pages: the live view is fed, the outbox carried, webhooks delivered.

Webhooks are delivered here and not by a program of their own: the sends wait for sockets and take
no processor, and another process would take more memory than all else of an idle hub may grow by.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.program import hub_bus
from lineshaft.bootstrap.webhook_parts import delivering_parts
from lineshaft.core import messages
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import BusMessage, BusPublisher, StreamSpec
from lineshaft.infrastructure.database import OutboxRelay
from lineshaft.platform.webhooks.delivering import Deliverer, WebhookFeed

LOG = structlog.get_logger(__name__)

OUTBOX_POLL_S = 0.5
WEBHOOK_POLL_S = 0.5
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
        known = (app.authorizer, app.identity)
        parts = delivering_parts(settings, app.database, known, app.clock)
        relay = OutboxRelay(app.database, WebhookFeed(parts, BusPublisher(bus)), app.clock)
        tasks = [
            asyncio.create_task(relay.run(poll_s=OUTBOX_POLL_S)),
            asyncio.create_task(Deliverer(parts).run(poll_s=WEBHOOK_POLL_S)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
