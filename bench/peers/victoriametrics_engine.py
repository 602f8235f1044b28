"""VictoriaMetrics: a series per signal, imported as JSON lines; stamps in milliseconds, floats."""

import json
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.peers.server import HttpServer, free_port, package_version, program

US_PER_MS = 1_000
SETTLE_S_MAX = 60


class VictoriaMetrics:
    """A server of its own; it buffers in memory and syncs when it flushes, not per commit."""

    sync = "no fsync"

    def __init__(self, directory: Path, _columns: str) -> None:
        port = free_port()
        self._directory = directory
        command = [
            program("victoria-metrics"),
            f"-storageDataPath={directory / 'store'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y",
            "-search.disableCache",
            "-memory.allowedBytes=2GB",
        ]
        self._server = HttpServer(command, port, "/health", directory.with_suffix(".log"))
        self.pid = self._server.pid
        self.version = f"VictoriaMetrics {package_version('victoria-metrics')}"

    def prepare(self, batch: pa.RecordBatch) -> bytes:
        series, ts = batch.column("series").to_numpy(), batch.column("ts").to_numpy() // US_PER_MS
        value = batch.column("mantissa").to_numpy() / 10.0 ** -batch.column(
            "exponent"
        ).to_numpy().astype(float)
        starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]]).tolist()
        lines = []
        for start, end in zip(starts, [*starts[1:], len(series)], strict=True):
            content = {
                "metric": {"__name__": "reading", "series": f"{series[start]:06}"},
                "values": value[start:end].tolist(),
                "timestamps": ts[start:end].tolist(),
            }
            lines.append(json.dumps(content))
        return "\n".join(lines).encode()

    def insert(self, prepared: object) -> None:
        assert isinstance(prepared, bytes)
        self._server.ask("POST", "/api/v1/import", prepared)

    def compact(self) -> None:
        self._server.ask("GET", "/internal/force_flush")
        self._server.ask("GET", "/internal/force_merge")
        deadline_s, size, seen = time.monotonic() + SETTLE_S_MAX, -1, 0
        while seen < 3 and time.monotonic() < deadline_s:
            time.sleep(1)
            now = sum(
                one.stat().st_size for one in list(self._directory.rglob("*")) if one.is_file()
            )
            size, seen = now, seen + 1 if now == size else 0

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        self._server.ask("GET", "/internal/force_flush")
        path = f'/api/v1/export?match[]=reading{{series="{series:06}"}}'.replace('"', "%22")
        rows: list[tuple[int, Decimal]] = []
        for line in self._server.ask(
            "GET", path.replace("{", "%7B").replace("}", "%7D")
        ).splitlines():
            content = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            stamps = (int(one) * US_PER_MS for one in content["timestamps"])
            rows += zip(stamps, content["values"], strict=True)
        return sorted(rows)

    def close(self) -> None:
        self._server.stop()


def open_engine(directory: Path, columns: str) -> VictoriaMetrics:
    return VictoriaMetrics(directory, columns)
