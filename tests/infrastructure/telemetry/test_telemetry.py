"""Logs without secrets, health with reasons, metrics over HTTP."""

import io
import json
import logging
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
import structlog
from prometheus_client import Counter

from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.telemetry import Health, TelemetryServer, configure_logging
from lineshaft.infrastructure.telemetry.health import CHECKS_MAX

SEEN = Counter("lineshaft_test_seen", "Counts in this test")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure_logging("intake", level=level, log_format="json", stream=stream)
    return stream


def test_our_lines_and_those_of_libraries_look_alike() -> None:
    stream = logged()
    structlog.get_logger("ours").info("committed", readings=100)
    logging.getLogger("theirs").warning("slow by %d ms", 7)
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert (ours["process"], ours["level"], ours["event"]) == ("intake", "info", "committed")
    assert (ours["logger"], ours["readings"]) == ("ours", 100)
    assert (theirs["process"], theirs["level"], theirs["event"]) == (
        "intake",
        "warning",
        "slow by 7 ms",
    )
    assert ours["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written() -> None:
    stream = logged("warning")
    structlog.get_logger("ours").info("committed")
    logging.getLogger("theirs").info("also not")
    assert stream.getvalue() == ""


def test_no_secret_is_written() -> None:
    stream = logged()
    structlog.get_logger("ours").info(
        "connects to nats://hub:s3cret@127.0.0.1:4222", bus_password="s3cret", api_token="s3cret"
    )
    logging.getLogger("theirs").warning("postgresql://hub:%s@host/db", "s3cret")
    assert "s3cret" not in stream.getvalue()
    assert "nats://hub:***@127.0.0.1:4222" in stream.getvalue()


def test_the_console_form_names_the_process() -> None:
    stream = io.StringIO()
    configure_logging("intake", stream=stream)
    structlog.get_logger("ours").info("committed", readings=100)
    assert "committed" in stream.getvalue()
    assert "process=intake" in stream.getvalue()


def test_an_exception_is_written_with_its_trace() -> None:
    stream = logged()
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("ours").exception("failed")
    assert "ZeroDivisionError" in json.loads(stream.getvalue())["exception"]


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_metrics_and_health_over_http() -> None:
    health = Health()
    health.set("database")
    SEEN.inc(3)
    with TelemetryServer(health) as server:
        assert b"lineshaft_test_seen_total 3.0" in get(server.port, "/metrics")[1]
        assert get(server.port, "/health")[0] == 200
        health.set("disk", "3 MB are free")
        status, body = get(server.port, "/health")
        assert status == 503
        assert json.loads(body) == {
            "ok": False,
            "checks": {"database": "", "disk": "3 MB are free"},
        }
        health.set("disk")
        assert get(server.port, "/health")[0] == 200
        assert get(server.port, "/secret")[0] == 404


def test_the_number_of_checks_has_a_maximum() -> None:
    health = Health()
    for number in range(CHECKS_MAX):
        health.set(f"check {number}")
    health.set("check 0", "again")
    with pytest.raises(InvariantError, match="names must not hold data"):
        health.set("one more")
