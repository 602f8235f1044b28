"""The bus: a real NATS server as a child process, and a client that never gives up.

The names of the client are imported when they are first asked for: the supervisor, which only
starts a server, carries no client library.
"""

import importlib
from typing import TYPE_CHECKING, Any

from lineshaft.infrastructure.bus.errors import (
    BusServerUnsuitable,
    BusUnavailable,
    PayloadTooLarge,
    StreamFull,
)
from lineshaft.infrastructure.bus.server import (
    BusUser,
    ServerConfig,
    find_server,
    free_port,
    new_password,
    reload_server,
    server_command,
    write_server_config,
)
from lineshaft.infrastructure.imports import without

if TYPE_CHECKING:
    from lineshaft.infrastructure.bus.client import Bus
    from lineshaft.infrastructure.bus.consumer import ConsumerSpec, PullConsumer, StoredMessage
    from lineshaft.infrastructure.bus.outbox import BusPublisher
    from lineshaft.infrastructure.bus.stream import StreamSpec
    from lineshaft.infrastructure.bus.subscription import BusMessage, Subscription

_CLIENT = {
    "Bus": "client",
    "BusMessage": "subscription",
    "BusPublisher": "outbox",
    "ConsumerSpec": "consumer",
    "PullConsumer": "consumer",
    "StoredMessage": "consumer",
    "StreamSpec": "stream",
    "Subscription": "subscription",
}
"""In which module each name of the client is."""

__all__ = [
    "Bus",
    "BusMessage",
    "BusPublisher",
    "BusServerUnsuitable",
    "BusUnavailable",
    "BusUser",
    "ConsumerSpec",
    "PayloadTooLarge",
    "PullConsumer",
    "ServerConfig",
    "StoredMessage",
    "StreamFull",
    "StreamSpec",
    "Subscription",
    "find_server",
    "free_port",
    "new_password",
    "reload_server",
    "server_command",
    "write_server_config",
]


def __getattr__(name: str) -> Any:
    """Import a name of the client (PEP 562)."""
    if name not in _CLIENT:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    # It would take aiohttp for WebSockets, which we do not use: 8 MB in each process.
    with without("aiohttp"):
        importlib.import_module("nats")
    return getattr(importlib.import_module(f"{__name__}.{_CLIENT[name]}"), name)
