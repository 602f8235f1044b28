"""A busy machine for the benches: an SHDR adapter of 2,000 observations per second.

Run as `python -m bench.machine PORT_FILE LOG_FILE`. Every line has a running number among its
values; the log says when each was sent, by the same clock that a browser's page has.
"""

import asyncio
import contextlib
import datetime as dt
import sys
import time
from pathlib import Path

LINES_PER_S = 500
KEYS_PER_LINE = 4
SIGNALS = 24
MACHINE = "busy"
PLANT = """
[[machine]]
id = "busy"
name = "Busy machine"

[[connector]]
id = "busy-shdr"
kind = "mtconnect"
machine = "busy"
source = "edge-1"
live = true

[connector.options]
host = "127.0.0.1"
port = {port}
devices = "Devices.xml"
device = "busy"
"""


def write_plant(directory: Path, port: int) -> None:
    """Write the plant with this one machine, which listens on `port`."""
    directory.mkdir()
    samples = "".join(
        f"<DataItem category='SAMPLE' type='POSITION' units='MILLIMETER' "
        f"nativeUnits='MILLIMETER' id='d{number}' name='s{number}'/>"
        for number in range(SIGNALS)
    )
    (directory / "Devices.xml").write_text(
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<MTConnectDevices xmlns='urn:mtconnect.org:MTConnectDevices:1.3'><Devices>"
        f"<Device name='busy' uuid='busy' id='busy'><DataItems>{samples}"
        "<DataItem category='EVENT' type='PROGRAM' id='n' name='number'/>"
        "</DataItems></Device></Devices></MTConnectDevices>"
    )
    (directory / "plant.toml").write_text(PLANT.format(port=port))


async def talk(writer: asyncio.StreamWriter, log: list[str]) -> None:
    """Send a line every 2 ms, each with its number and three positions."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while not writer.is_closing():
        number = len(log)
        stamp = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        values = "".join(
            f"|s{(number * (KEYS_PER_LINE - 1) + place) % SIGNALS}|{number % 9_973}.{place:03d}"
            for place in range(KEYS_PER_LINE - 1)
        )
        log.append(f"{time.time_ns() // 1_000}\n")
        writer.write(f"{stamp}{values}|number|n{number}\n".encode())
        await writer.drain()
        due_s += 1 / LINES_PER_S
        await asyncio.sleep(due_s - loop.time())


async def serve(port_file: Path, log_file: Path) -> None:
    """Serve whoever connects until the process is ended; the log is written as it goes."""
    log: list[str] = []

    async def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking = asyncio.create_task(talk(writer, log))
        with contextlib.suppress(OSError):
            while command := await reader.readline():
                if command.startswith(b"* PING"):
                    writer.write(b"* PONG 10000\n")
        talking.cancel()

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    with log_file.open("w") as file:
        written = 0
        while True:
            await asyncio.sleep(0.5)
            file.writelines(log[written:])
            written = len(log)
            file.flush()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
