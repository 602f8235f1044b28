"""The edge as a program; it carries neither database nor historian."""

import asyncio
import contextlib
from pathlib import Path

import structlog

from lineshaft.bootstrap.local_bus import source_url
from lineshaft.bootstrap.node_plans import node_plans_path, read_node_plan
from lineshaft.bootstrap.program import run_program
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.bus import Bus
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.edge.service import Edge
from lineshaft.network.keys import load_or_create_keys

LOG = structlog.get_logger(__name__)

PLAN_POLL_S = 0.5
DRAIN_SHARE = 0.2
"""Of the time to stop, for sending the rest: each program gets a share, and a hub that does not
answer must not make a clean stop an unclean one."""


def run_edge(settings: Settings, source: SourceId, bus: str = "") -> None:
    """Run an edge node until SIGTERM or SIGINT; begins anew when its connectors change.

    Args:
        settings: of this machine.
        source: name of the node.
        bus: address of the hub's bus with credentials; empty for the bus of this machine.
    """

    async def body(stop: asyncio.Event, health: Health) -> None:
        _say_who(settings, source)
        address = bus or source_url(settings, source)
        while not stop.is_set():
            await _edge_until_changed(settings, source, address, (stop, health))

    run_program(settings, "edge", body)


def _say_who(settings: Settings, source: SourceId) -> None:
    """Log the public key as the hub shows it to whoever is to accept it."""
    keys = load_or_create_keys(EdgeConfig(source=source, directory=settings.edge_dir).key_path)
    key = keys.private_key.public_key().public_bytes_raw().hex()
    groups = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    LOG.info("the key of this edge", source=source, fingerprint=groups)


async def _edge_until_changed(
    settings: Settings, source: SourceId, address: str, life: tuple[asyncio.Event, Health]
) -> None:
    stop, health = life
    path = node_plans_path(settings)
    before = _content(path)
    plan = read_node_plan(settings, source)
    config = EdgeConfig(
        source=source,
        directory=settings.edge_dir,
        connectors=plan.connectors,
        metered_signals=frozenset(plan.metered_signals),
        seal_s=settings.seal_s,
        beat_s=settings.beat_s,
        spool_bytes_max=settings.spool_max_mb * 1_000_000,
        stop_s=settings.stop_timeout_ms / 1_000 * DRAIN_SHARE,
    )
    timeout_s = settings.bus_timeout_ms / 1_000
    async with Bus(address, name=f"edge {source}", timeout_s=timeout_s) as bus:
        edge_stop = asyncio.Event()
        running = asyncio.create_task(Edge(config, bus, SystemClock(), health).run(edge_stop))
        while not (stop.is_set() or running.done()) and _content(path) == before:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PLAN_POLL_S):
                    await stop.wait()
        edge_stop.set()
        await running


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
