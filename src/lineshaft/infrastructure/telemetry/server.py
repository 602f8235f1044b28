"""`/metrics` and `/health` of a process that serves no pages."""

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from lineshaft.infrastructure.telemetry.health import Health

LOOPBACK = "127.0.0.1"
REQUEST_TIMEOUT_S = 3


def metrics_page() -> tuple[bytes, str]:
    """Return the metrics of this process in the Prometheus text format, and its media type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


class TelemetryServer:
    """A small HTTP server on loopback, in a thread of its own."""

    def __init__(self, health: Health, *, port: int = 0) -> None:
        """Bind to a port of loopback; 0 takes any free one."""
        handler = type("_BoundEndpoint", (_Endpoint,), {"health": health})
        self._server = ThreadingHTTPServer((LOOPBACK, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Endpoint(BaseHTTPRequestHandler):
    health: Health
    timeout = REQUEST_TIMEOUT_S

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, *metrics_page())
        elif self.path == "/health":
            report = self.health.report()
            status = HTTPStatus.OK if report.is_ok else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, json.dumps(report.to_api()).encode(), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"expected /metrics or /health\n", "text/plain")

    def log_message(self, *_arguments: object) -> None:
        """Stay silent: a scrape every few seconds is no news."""

    def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
