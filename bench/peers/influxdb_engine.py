"""InfluxDB 1: a series per signal, line protocol; its log is synced on each write."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from bench.peers.server import HttpServer, free_port, program

NS_PER_US = 1_000
POINTS_PER_WRITE = 10_000


class InfluxDb:
    """A server of its own."""

    sync = "fsync per commit"

    def __init__(self, directory: Path, _columns: str) -> None:
        port, rpc = free_port(), free_port()
        config = directory.with_suffix(".conf")
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc}"\n'
            f'[meta]\ndir = "{directory / "meta"}"\n'
            f'[data]\ndir = "{directory / "data"}"\nwal-dir = "{directory / "wal"}"\n'
            f'index-version = "tsi1"\n'
            f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\nmax-body-size = 0\n'
        )
        command = [program("influxd"), "run", "-config", str(config)]
        self._server = HttpServer(command, port, "/ping", directory.with_suffix(".log"))
        self.pid = self._server.pid
        self._ask_query("CREATE DATABASE peer", method="POST")
        shown = self._ask_query("SHOW DIAGNOSTICS")["series"]
        build = next(one for one in shown if one["name"] == "build")
        self.version = f"InfluxDB {build['values'][0][build['columns'].index('Version')]}"

    def prepare(self, batch: pa.RecordBatch) -> list[bytes]:
        names = ("series", "ts", "mantissa", "exponent")
        columns = (batch.column(name).to_pylist() for name in names)
        lines = [
            f"reading,signal=s{series:06} value={Decimal(m).scaleb(e)} {ts * NS_PER_US}"
            for series, ts, m, e in zip(*columns, strict=True)
        ]
        return [
            "\n".join(lines[at : at + POINTS_PER_WRITE]).encode()
            for at in range(0, len(lines), POINTS_PER_WRITE)
        ]

    def insert(self, prepared: object) -> None:
        assert isinstance(prepared, list)
        for body in prepared:
            self._server.ask("POST", "/write?db=peer&precision=ns", body)

    def compact(self) -> None:
        """Leave it: the server compacts by itself, when it thinks fit."""

    def read(self, series: int) -> list[tuple[int, Decimal]]:
        query = f"SELECT value FROM reading WHERE signal = 's{series:06}'"
        found = self._ask_query(query)["series"][0]["values"]
        return sorted((int(at) // NS_PER_US, Decimal(value)) for at, value in found)

    def _ask_query(self, query: str, method: str = "GET") -> dict[str, list[dict]]:
        path = f"/query?db=peer&epoch=ns&q={quote(query)}"
        answer = json.loads(self._server.ask(method, path), parse_float=Decimal)
        found: dict[str, list[dict]] = answer["results"][0]
        return found

    def close(self) -> None:
        self._server.stop()


def open_engine(directory: Path, columns: str) -> InfluxDb:
    return InfluxDb(directory, columns)
