"""Real processes, killed in mid-stream: with hold, nothing is lost or doubled."""

import asyncio
import signal
import subprocess
from pathlib import Path
from random import Random

import pytest

from lineshaft.core.reading import RecordKind, SourceId
from lineshaft.core.segment.block import decode_block, to_records
from lineshaft.core.segment.wire import decode_segment
from lineshaft.network.connectors.mtconnect.replay import ReplayConfig, Replayer
from lineshaft.network.edge.spool import Spool
from tests import lean
from tests.network.edge.program import read_hub
from tests.network.simulated import until

ROOT = Path(__file__).parents[3]
LINES = 30_000
KILLS = 4


class Program:
    """The edge program; started again and again on the same files."""

    def __init__(self, tmp_path: Path, port: int) -> None:
        self.directory = tmp_path / "edge"
        self.hub_file = tmp_path / "hub.segments"
        arguments = [str(self.directory), str(port), str(self.hub_file)]
        self.command = lean.command("tests.network.edge.program", *arguments)

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.DEVNULL)

    def hub_bytes(self) -> int:
        return self.hub_file.stat().st_size if self.hub_file.exists() else 0


@pytest.mark.crash
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1])
async def test_kills_in_mid_stream_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    lines = [f"2017-06-22T00:00:00.{i:06d}Z|Xabs|{i}" for i in range(LINES)]
    (tmp_path / "day.txt").write_text("\n".join(lines))
    replayer = Replayer(ReplayConfig(path=tmp_path / "day.txt", speed=None, hold=1_500))
    await replayer.start()
    program = Program(tmp_path, replayer.port)
    for _ in range(KILLS):
        before = program.hub_bytes()
        process = program.start()
        await until(lambda before=before: program.hub_bytes() > before, 20)
        await asyncio.sleep(random.random() * 0.3)
        process.kill()
        process.wait()
    process = program.start()
    await asyncio.wait_for(replayer.finished.wait(), 60)
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait, 30)
    assert process.returncode == 0
    await replayer.stop()
    records = [
        record
        for data in read_hub(program.hub_file)
        for block in decode_segment(data).blocks
        for record in to_records(decode_block(block))
    ]
    readings = [r for r in records if r.kind is RecordKind.READING]
    assert sorted(r.sequence for r in records) == list(range(1, len(records) + 1))
    assert [r.mantissa for r in sorted(readings, key=lambda r: r.sequence)] == list(range(LINES))
    spool = Spool(program.directory / "edge-1.sqlite", SourceId("edge-1"))
    assert (spool.used_bytes, spool.was_unclean) == (0, False)
    spool.close(is_clean=True)
