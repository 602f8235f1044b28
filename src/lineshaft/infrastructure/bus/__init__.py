"""The bus: a real NATS server as a child process, and a client that never gives up."""

from lineshaft.infrastructure.bus.client import Bus
from lineshaft.infrastructure.bus.consumer import ConsumerSpec, PullConsumer, StoredMessage
from lineshaft.infrastructure.bus.errors import (
    BusServerUnsuitable,
    BusUnavailable,
    PayloadTooLarge,
    StreamFull,
)
from lineshaft.infrastructure.bus.outbox import BusPublisher
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
from lineshaft.infrastructure.bus.stream import StreamSpec
from lineshaft.infrastructure.bus.subscription import BusMessage, Subscription

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
