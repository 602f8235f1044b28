"""A small edge program for the crash tests: `python program.py DIRECTORY PORT HUB_FILE`.

Its hub stores what it takes in a file, durably and only the next of the chain, as intake does.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from lineshaft.core.messages import EnrolAnswer, EnrolRequest, decode, encode
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.wire import decode_segment
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.connectors.model import ConnectorConfig
from lineshaft.network.connectors.service import sample_day
from lineshaft.network.edge.model import EdgeConfig
from lineshaft.network.edge.service import Edge
from tests.network.simulated import Chain, SimulatedBus, SimulatedHub, SimulatedMessage


class FileHub(SimulatedHub):
    """A hub whose chain is a file of segments, each behind its length."""

    def __init__(self, bus: SimulatedBus, path: Path) -> None:
        super().__init__(bus)
        self.path = path
        self.chains[1] = chain = Chain(b"")
        for data in read_hub(path):
            header = decode_segment(data).header
            chain.number, chain.sequence = header.number, header.last_sequence
            chain.hash = chain.hashes[header.number] = header.hash()

    def enrol(self, data: bytes) -> bytes:
        self.chains[1].salt_secret = bytes.fromhex(decode(data, EnrolRequest).salt_secret)
        chain = self.chains[1]
        return encode(EnrolAnswer("accepted", 1, chain.number, chain.sequence))

    async def receive(self, message: SimulatedMessage) -> None:
        header = decode_segment(message.data).header
        chain = self.chains[1]
        if header.number == chain.number + 1:
            assert header.previous_hash == chain.hash
            with self.path.open("ab") as file:
                file.write(len(message.data).to_bytes(4, "little") + message.data)
                file.flush()
                os.fsync(file.fileno())
            chain.number, chain.sequence = header.number, header.last_sequence
            chain.hash = chain.hashes[header.number] = header.hash()
            await self._answer(header.source, 1, "committed", chain.number)
        elif header.number > chain.number:
            await self._answer(header.source, 1, "missing", chain.number)
        else:
            kind = "committed" if chain.hashes[header.number] == header.hash() else "conflict"
            await self._answer(header.source, 1, kind, header.number)


def read_hub(path: Path) -> list[bytes]:
    """The whole segments of the file; one that a kill cut short was never acknowledged."""
    data = path.read_bytes() if path.exists() else b""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + size > len(data):
            with path.open("r+b") as file:
                file.truncate(at)
            break
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


async def main(directory: Path, port: int, hub_file: Path) -> None:
    bus = SimulatedBus()
    FileHub(bus, hub_file)
    options = {
        "port": port,
        "devices": str(sample_day()[1]),
        "device": "Mazak01",
        "hold": True,
        "retry_min_ms": 10,
        "retry_max_ms": 20,
    }
    connector = ConnectorConfig(
        id="mazak01", kind="mtconnect", machine="mazak01", is_live=False, options=options
    )
    config = EdgeConfig(
        source=SourceId("edge-1"),
        directory=directory,
        connectors=(connector,),
        seal_s=0.02,
        beat_s=0.05,
        resend_s=0.2,
        stop_s=20.0,
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Edge(config, bus, SystemClock(), Health()).run(stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
