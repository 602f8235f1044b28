"""Connects intake to the bus: its stream, its consumer, and what it listens to."""

from lineshaft.core.messages import (
    ENROL_SUBJECT,
    MESSAGE_BYTES_MAX,
    SEGMENT_SUBJECTS,
    SEGMENTS_STREAM,
)
from lineshaft.infrastructure.bus import Bus, BusMessage, ConsumerSpec, PullConsumer, StreamSpec
from lineshaft.platform.historian.intake.program import Intake
from lineshaft.platform.historian.ports import Enrolment

STREAM_BYTES_MAX = 1_000_000_000
STREAM_AGE_S_MAX = 7 * 86_400.0
ACK_WAIT_S = 30.0
PREFETCH_MESSAGES_MAX = 1_000
CONSUMER = "intake"
_BEATS = "beat.>"

SEGMENTS = StreamSpec(
    name=SEGMENTS_STREAM,
    subjects=(SEGMENT_SUBJECTS,),
    bytes_max=STREAM_BYTES_MAX,
    age_s_max=STREAM_AGE_S_MAX,
    message_bytes_max=MESSAGE_BYTES_MAX,
    # A full stream refuses, so that an edge notices; what was taken is kept until it is stored.
    discard="new",
    retention="workqueue",
)


async def segment_queue(bus: Bus) -> PullConsumer:
    """Make the stream of segments, and return what hands out its messages."""
    await bus.ensure_stream(SEGMENTS)
    spec = ConsumerSpec(
        stream=SEGMENTS_STREAM,
        name=CONSUMER,
        subject=SEGMENT_SUBJECTS,
        ack_wait_s=ACK_WAIT_S,
        prefetch_max=PREFETCH_MESSAGES_MAX,
    )
    return await bus.consume(spec)


async def listen(bus: Bus, intake: Intake, enrol: Enrolment | None = None) -> None:
    """Take beats, answer sources that ask to be let in, and tell all their marks on reconnection.

    Args:
        bus: the bus.
        intake: what takes the beats.
        enrol: decides who is let in; None where another process answers.
    """

    async def on_beat(message: BusMessage) -> None:
        await intake.on_beat(message.data)

    async def on_enrol(message: BusMessage) -> None:
        if enrol is not None:
            await message.respond(await intake.on_enrol(message.data, enrol))

    await bus.subscribe(_BEATS, on_beat)
    if enrol is not None:
        await bus.subscribe(ENROL_SUBJECT, on_enrol)
    bus.on_connected(intake.announce_marks)
