"""The options of the MTConnect connector, declared once."""

from dataclasses import dataclass

from lineshaft.network.connectors.model import Bounds, option

_MS = Bounds(10, 600_000)


@dataclass(frozen=True, kw_only=True)
class MtconnectConfig:
    """How to reach one adapter and how to read it."""

    host: str = option("Host name or address of the adapter.", default="127.0.0.1")
    port: int = option("TCP port of the adapter.", default=7878, bounds=Bounds(1, 65_535))
    devices: str = option("Path of the Devices.xml that describes the machine; the agent's file.")
    device: str = option("Name, id or uuid of the device within Devices.xml.")
    hold: bool = option(
        "Tell the peer how far its recording is on our disk and let it wait for us; for the "
        "replayer only, a machine's adapter does not know this.",
        default=False,
    )
    ping_ms: int = option(
        "Time between two `* PING` until the adapter names its own heartbeat.",
        default=10_000,
        unit="ms",
        bounds=_MS,
    )
    connect_timeout_ms: int = option(
        "How long a connection attempt may take.", default=5_000, unit="ms", bounds=_MS
    )
    retry_min_ms: int = option(
        "Wait before the first reconnect; doubled each time.", default=100, unit="ms", bounds=_MS
    )
    retry_max_ms: int = option(
        "Longest wait before a reconnect.", default=10_000, unit="ms", bounds=_MS
    )
