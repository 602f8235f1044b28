"""What the whole plant does with too little disk and with segments that it must not take."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.bootstrap.local_bus import HUB_USER, open_bus
from lineshaft.core.messages import segment_subject
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.block import decode_block, to_records
from lineshaft.core.segment.wire import (
    ChainPosition,
    SealedSegment,
    decode_segment,
    encode_segment,
    seal,
)
from lineshaft.infrastructure.bus import Bus, BusMessage
from lineshaft.infrastructure.files.space import free_bytes
from lineshaft.network.connectors.service import sample_day
from lineshaft.network.keys import load_or_create_keys
from lineshaft.platform.historian.model import RefusedSegment
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.long_runs._plant import Plant, machine_command, wait_for

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]

SHARED_MEMORY = Path("/dev/shm")
MARGIN_MB_MAX = 100
EDGE = SourceId("edge-1")
MB = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A directory on a disk that the test can fill: Linux has one in memory."""
    if not os.access(SHARED_MEMORY, os.W_OK) or free_bytes(SHARED_MEMORY) < 40 * MB:
        pytest.skip("there is no /dev/shm with 40 MB of room that a test could fill")
    with tempfile.TemporaryDirectory(prefix="lineshaft-test-", dir=SHARED_MEMORY) as name:
        yield Path(name)


def test_below_the_floor_nothing_is_stored_until_there_is_room(tmp_path: Path, store: Path) -> None:
    free_mb = free_bytes(store) // MB
    margin_mb = min(free_mb // 4, MARGIN_MB_MAX)
    ballast = store / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2 * margin_mb * MB)
    floor_mb = free_mb - margin_mb
    machine = machine_command(sample_day()[0], 600, 1_000)
    with Plant(tmp_path, machine, files=str(store / "s"), free_space_floor_mb=floor_mb) as plant:
        said = f"MB are free, at least {floor_mb} are needed"

        def is_stalled() -> bool:
            health = plant.telemetry("intake", "health")
            return said in health and '"ok": false' in health

        wait_for(is_stalled, "intake to say so", plant)
        stalled = "lineshaft_intake_stalled 1.0"
        wait_for(lambda: stalled in plant.telemetry("intake", "metrics"), "the gauge", plant)
        assert plant.spooled() > plant.stored() == 0
        ballast.unlink()
        wait_for(lambda: plant.stored() > 0, "the historian to go on", plant)
        wait_for(lambda: '"ok": true' in plant.telemetry("intake", "health"), "good health", plant)


async def test_segments_that_are_not_right_are_kept_and_disturb_nobody(tmp_path: Path) -> None:
    with Plant(tmp_path, machine_command(sample_day()[0], 600, 1_000)) as plant:
        await asyncio.to_thread(wait_for, lambda: plant.stored() > 0, "the first records", plant)
        real = await one_segment(plant)
        for data in (damaged(real), forged(real), conflicting(plant, real)):
            await send(plant, data)
        found = await asyncio.to_thread(
            wait_for, lambda: refused(plant, 3), "the three to be kept", plant
        )
        assert [one.kind for one in found] == ["refused", "refused", "conflict"]
        assert {(one.source, one.epoch) for one in found[1:]} == {(EDGE, 1)}
        assert found[2].data == conflicting(plant, real)
        stored = plant.stored()
        further = f"more than {stored}"
        await asyncio.to_thread(wait_for, lambda: plant.stored() > stored + 2_000, further, plant)
        assert list(plant.application.historian.marks(LOCAL_OPERATOR)) == [(EDGE, 1)]
        assert '"ok": true' in plant.telemetry("edge", "health")
        assert plant.application.historian.check(LOCAL_OPERATOR).is_ok


async def one_segment(plant: Plant) -> SealedSegment:
    """Listen for a segment of the edge, as the hub may."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def hear(message: BusMessage) -> None:
        if not heard.done():
            heard.set_result(message.data)

    async with Bus(open_bus(plant.settings).url(HUB_USER), name="test") as bus:
        await bus.wait_connected(5)
        await bus.subscribe(segment_subject(EDGE), hear)
        segment = decode_segment(await asyncio.wait_for(heard, 30))
    number = segment.header.number
    historian = plant.application.historian
    await asyncio.to_thread(
        wait_for,
        lambda: historian.marks(LOCAL_OPERATOR)[EDGE, 1].number >= number,
        "it to be stored",
        plant,
    )
    return segment


async def send(plant: Plant, data: bytes) -> None:
    """Send as the edge's user: whoever has stolen its password."""
    async with Bus(open_bus(plant.settings).url(EDGE), name="thief") as bus:
        await bus.wait_connected(5)
        await bus.publish_stored(segment_subject(EDGE), data)


def refused(plant: Plant, count: int) -> list[RefusedSegment]:
    found = plant.application.historian.refused_segments(LOCAL_OPERATOR).items
    return list(found) if len(found) >= count else []


def damaged(segment: SealedSegment) -> bytes:
    data = bytearray(encode_segment(segment))
    data[len(data) // 2] ^= 1
    return bytes(data)


def forged(segment: SealedSegment) -> bytes:
    """The next segment of the chain, by somebody who does not have the key."""
    header = segment.header
    place = ChainPosition(header.source, header.epoch, header.number + 1, header.hash())
    key, salt = Ed25519PrivateKey.from_private_bytes(bytes(32)), bytes(32)
    return encode_segment(seal(records_of(segment), place, salt, key))


def conflicting(plant: Plant, segment: SealedSegment) -> bytes:
    """Another segment under a stored number, by somebody who has the key: an edge's copy."""
    header = segment.header
    place = ChainPosition(header.source, header.epoch, header.number, header.previous_hash)
    keys = load_or_create_keys(plant.settings.edge_dir / f"{EDGE}.key")
    first = records_of(segment)[:1]
    return encode_segment(seal(first, place, keys.salt_secret, keys.private_key))


def records_of(segment: SealedSegment) -> list:
    blocks = [decode_block(block) for block in segment.blocks]
    found = (record for block in blocks for record in to_records(block))
    return sorted(found, key=lambda record: record.sequence)
