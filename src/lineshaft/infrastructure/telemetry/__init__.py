"""What a process says of itself: logs, metrics, health."""

from lineshaft.infrastructure.telemetry.health import Health, HealthReport
from lineshaft.infrastructure.telemetry.logs import configure_logging
from lineshaft.infrastructure.telemetry.server import TelemetryServer, metrics_page

__all__ = ["Health", "HealthReport", "TelemetryServer", "configure_logging", "metrics_page"]
