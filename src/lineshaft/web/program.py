"""The program that serves pages and API."""

import os

import structlog

from lineshaft.bootstrap.api_program import api_background
from lineshaft.bootstrap.application import build
from lineshaft.bootstrap.supervision import ready_path
from lineshaft.infrastructure.files import make_dir, write_durably
from lineshaft.infrastructure.settings import load_settings
from lineshaft.infrastructure.telemetry import configure_logging
from lineshaft.web.main import serve

LOG = structlog.get_logger(__name__)

NAME = "api"


def run() -> None:
    """Serve the installation that the environment names."""
    settings = load_settings(os.environ)
    configure_logging(NAME, level=settings.log_level, log_format=settings.log_format)
    application = build(settings)
    make_dir(settings.run_dir)
    last_port = settings.run_dir / "api.last-port"

    def note(port: int) -> None:
        # The address stays over restarts, so that open pages find the hub again.
        write_durably(last_port, f"{port}\n".encode())
        write_durably(ready_path(settings, NAME), f"{port}\n".encode())
        LOG.info("the pages are open", address=f"http://{settings.listen_host}:{port}")

    serve(
        application,
        settings.listen_host,
        settings.http_port,
        wished_port=int(last_port.read_text()) if last_port.exists() else 0,
        background=lambda: api_background(application),
        on_ready=note,
    )
