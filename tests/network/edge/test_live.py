"""What is shown live: the latest of each signal, by the rules of numbering."""

from lineshaft.core.clock import ManualClock
from lineshaft.core.messages import MESSAGE_BYTES_MAX, LiveBatch, decode
from lineshaft.core.period import US_PER_S, Instant
from lineshaft.core.reading import Reading, SignalId, SourceId, StatusCode
from lineshaft.core.value import DecimalValue, EnumerationValue
from lineshaft.network.connectors.model import Observation
from lineshaft.network.edge.live import DISPLAY_CHARACTERS_MAX, VALUES_MAX, LiveFeed
from lineshaft.network.edge.numbering import Numbering
from tests.network.simulated import SimulatedBus

S = US_PER_S
NOW = Instant(1_000 * S)
XABS = SignalId("m/Xabs")


def reading(ts: int, value: object, signal: SignalId = XABS) -> Observation:
    return Observation(Reading(signal, Instant(ts), value), b"")


async def shown(*observations: Observation) -> list[tuple[str, int, str, float | None]]:
    bus = SimulatedBus()
    feed = LiveFeed(SourceId("edge-1"), bus, ManualClock(NOW))
    feed.observe(observations, NOW)
    await feed.flush()
    batches = [decode(m.data, LiveBatch) for m in bus.published]
    return [(v.signal, v.ts, v.display, v.number) for b in batches for v in b.values]


async def test_the_latest_wins_and_late_data_do_not() -> None:
    assert await shown(reading(100 * S, "a"), reading(101 * S, "b")) == [(XABS, 101 * S, "b", None)]
    assert await shown(reading(100 * S, "a"), reading(90 * S, "b")) == [(XABS, 100 * S, "a", None)]
    assert await shown(reading(100 * S, "a"), reading(96 * S, "b")) == [(XABS, 100 * S, "b", None)]
    assert await shown(reading(NOW + 301 * S, "a")) == []


async def test_values_are_shown_as_text_and_number() -> None:
    for value, display, number in (
        (DecimalValue(150, -2), "1.50", 1.5),
        (EnumerationValue(3, "ACTIVE"), "ACTIVE", 3.0),
        (True, "true", 1.0),
        (0.5, "0.5", 0.5),
        ("a" * 1_000, "a" * DISPLAY_CHARACTERS_MAX, None),
    ):
        assert await shown(reading(1, value)) == [(XABS, 1, display, number)]


async def test_no_message_is_larger_than_the_bus_takes() -> None:
    bus = SimulatedBus()
    feed = LiveFeed(SourceId("edge-1"), bus, ManualClock(NOW))
    long = [reading(1, "\x01" * 1_000, SignalId(f"m/{i:0128d}")) for i in range(2 * VALUES_MAX + 1)]
    feed.observe(long, NOW)
    await feed.flush()
    assert [len(decode(m.data, LiveBatch).values) for m in bus.published] == [VALUES_MAX] * 2 + [1]
    assert max(len(m.data) for m in bus.published) < MESSAGE_BYTES_MAX


async def test_a_loss_is_shown_and_without_a_bus_nothing_is_kept() -> None:
    bus = SimulatedBus()
    feed = LiveFeed(SourceId("edge-1"), bus, ManualClock(NOW))
    numbering = Numbering()
    numbering.observe("c", reading(100 * S, "a"), NOW)
    feed.lose(numbering.lose("c", Instant(101 * S)))
    await feed.flush()
    [value] = decode(bus.published[0].data, LiveBatch).values
    assert (value.ts, value.status, value.display) == (101 * S, StatusCode.BAD_NO_COMMUNICATION, "")
    await bus.cut()
    feed.observe([reading(102 * S, "b")], NOW)
    await feed.flush()
    await bus.mend()
    await feed.flush()
    assert len(bus.published) == 1
