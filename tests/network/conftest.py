"""An edge on the sample day, or on a machine that the test plays by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.core.reading import SignalId, SourceId
from lineshaft.network.connectors.model import ConnectorConfig
from lineshaft.network.connectors.mtconnect.devices import Device, parse_devices
from lineshaft.network.connectors.service import sample_day
from lineshaft.network.edge.model import EdgeConfig


@pytest.fixture(scope="session")
def mazak() -> Device:
    return parse_devices(sample_day()[1].read_bytes(), "Mazak01", "mazak01")


@pytest.fixture
def edge_config(tmp_path: Path) -> Callable[..., EdgeConfig]:
    """Make the configuration of an edge with one connector to a port of loopback."""

    def make(port: int, *, is_live: bool = False, hold: bool = True, **more: object) -> EdgeConfig:
        options = {
            "port": port,
            "devices": str(sample_day()[1]),
            "device": "Mazak01",
            "hold": hold,
            "ping_ms": 50,
            "retry_min_ms": 10,
            "retry_max_ms": 50,
        }
        connector = ConnectorConfig(
            id="mazak01", kind="mtconnect", machine="mazak01", is_live=is_live, options=options
        )
        given = {
            "seal_s": 0.05,
            "beat_s": 0.05,
            "resend_s": 0.1,
            "stop_s": 2.0,
            "metered_signals": frozenset({SignalId("mazak01/cut_time")}),
        }
        return EdgeConfig(
            source=SourceId("edge-1"),
            directory=tmp_path / "edge",
            connectors=(connector,),
            **(given | more),
        )

    return make
