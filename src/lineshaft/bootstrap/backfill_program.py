"""An import as a program: over the bus of this machine, or over the address of another's."""

from collections.abc import Callable

from msgspec.structs import replace

from lineshaft.bootstrap.foundation import build_foundation
from lineshaft.bootstrap.local_bus import invite, open_bus
from lineshaft.bootstrap.programs import supervised_now
from lineshaft.core.errors import PreconditionFailed
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.infrastructure.bus import Bus
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.settings import Settings
from lineshaft.network.backfill.model import BackFillConfig, Kind, Progress, Summary
from lineshaft.network.backfill.service import BackFill
from lineshaft.platform.twin.service import Twin
from lineshaft.platform.twin.store import SqlMachineStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR

CONNECT_S = 10.0


class HubNotRunning(PreconditionFailed):
    """An import needs the programs of the hub."""


async def run_import(
    settings: Settings,
    config: BackFillConfig,
    tell: Callable[[BackFill, Progress], None],
    bus: str = "",
) -> Summary:
    """Import a file until the historian has all of it.

    Args:
        settings: of this machine.
        config: what is imported.
        tell: is called now and then with how far it is.
        bus: address of the hub's bus with credentials; empty for the bus of this machine.

    Raises:
        HubNotRunning: when `bus` is empty, and `lineshaft up` does not run here.
        Refusal: when the file, the map or the hub does not allow it.
    """
    address = bus or local_address(settings, config.source)
    if not bus:
        config = replace(config, declared=declared_texts(settings))
    timeout_s = settings.bus_timeout_ms / 1_000
    with BackFill(config, SystemClock()) as back_fill:
        async with Bus(address, name=f"import {config.source}", timeout_s=timeout_s) as connection:
            await connection.wait_connected(CONNECT_S)
            return await back_fill.run(connection, lambda progress: tell(back_fill, progress))


def declared_texts(settings: Settings) -> dict[SignalId, Kind]:
    """Return the signals that the plant of this machine declares to be no numbers."""
    base = build_foundation(settings)
    twin = Twin(base.database, SqlMachineStore(), base.authorizer, base.audit)
    try:
        machines = twin.machines(LOCAL_OPERATOR)
    finally:
        base.database.close()
    signals = (signal for machine in machines for signal in machine.signals)
    return {signal.id: "text" for signal in signals if not signal.is_numeric}


def local_address(settings: Settings, source: SourceId) -> str:
    """Return the address of this machine's bus for an import, which gets a user of its own there.

    Raises:
        HubNotRunning: when `lineshaft up` does not run here.
    """
    if not supervised_now(settings):
        msg = f"cannot import into {settings.data_dir}: its programs do not run; start them with "
        msg += "'lineshaft up', or name the bus of another machine with --bus"
        raise HubNotRunning(msg)
    if settings.bus:
        return settings.bus
    known = open_bus(settings)
    return known.url(source) if source in known.passwords else invite(settings, source)
