"""What runs beside the pages: live view, outbox, webhooks, what contracts do by their terms.

Webhooks are delivered here and not by a program of their own: the sends wait for sockets and take
no processor, and another process would take more memory than all else of an idle hub may grow by.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.program import hub_bus
from lineshaft.bootstrap.webhook_parts import delivering_parts
from lineshaft.core import messages
from lineshaft.core.errors import Unavailable
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import BusMessage, BusPublisher, StreamSpec
from lineshaft.infrastructure.database import OutboxRelay
from lineshaft.infrastructure.tasks import cancel
from lineshaft.platform.webhooks.delivering import Deliverer, WebhookFeed

LOG = structlog.get_logger(__name__)

OUTBOX_POLL_S = 0.5
WEBHOOK_POLL_S = 0.5
TERMS_POLL_S = 3_600.0
"""How late a renewal is recorded at most; it holds from the end of the term all the same."""
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
            asyncio.create_task(_record_terms(app)),
        ]
        try:
            yield
        finally:
            await cancel(*tasks)
            for task in tasks:
                if not task.cancelled():
                    task.result()


async def _record_terms(app: Application) -> None:
    """Record what contracts do by their terms, until cancelled."""
    while True:
        try:
            count = await asyncio.to_thread(app.contracts.agreements.record_due)
        except Unavailable as error:
            LOG.warning("renewals wait", reason=str(error))
        else:
            if count:
                LOG.info("contracts renewed or reminded of by their terms", acts=count)
        await asyncio.sleep(TERMS_POLL_S)
