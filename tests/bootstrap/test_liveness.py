"""Until when a source is known to have had nothing more to say."""

from lineshaft.bootstrap.adapters import BeatLiveness
from lineshaft.bootstrap.application import Application
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import US_PER_S, Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import StoredBeat
from tests.installation import NOW
from tests.platform.historian.house import Source, opened

SIGNAL = SignalId("mill/state")
MINUTE = 60 * US_PER_S
LATER = Instant(NOW + 1_000 * MINUTE)


def declare(application: Application, *, is_live: bool, source: str = "edge-1") -> None:
    record = ConnectorRecord(f"mill-{source}", "mtconnect", "mill", source, is_live, {})
    with application.database.unit_of_work() as unit:
        SqlConnectorStore().put(unit.connection, record)


def store(application: Application, source: Source, *instants: int) -> None:
    """Store a segment with a record of each instant, known one minute after the last of them."""
    for ts in instants:
        source.add(SIGNAL, ts, text="RUN")
    clock = application.clock
    assert isinstance(clock, ManualClock)
    clock.advance(max(instants) + MINUTE - clock.now())
    committer = Committer(
        application.database, application.manifest, application.files, clock, floor_mb=0
    )
    committer.commit(opened([source.seal()], source))


def beat(application: Application, mark: int, at: int, *, epoch: int = 1) -> None:
    found = StoredBeat(SourceId("edge-1"), epoch, mark, Instant(at - MINUTE), Instant(at))
    with application.database.unit_of_work() as unit:
        application.manifest.write_beats(unit.connection, [found])


def known_until(application: Application, known_at: Instant = LATER) -> int | None:
    liveness = BeatLiveness(application.database, SqlConnectorStore(), application.historian)
    return liveness.known_until(SIGNAL, known_at)


def test_nobody_has_to_be_alive_for_a_replay(application: Application) -> None:
    assert known_until(application) is None
    declare(application, is_live=False)
    beat(application, 0, NOW)
    assert known_until(application) is None


def test_a_live_source_that_never_said_anything(application: Application) -> None:
    declare(application, is_live=True)
    assert known_until(application) == 0


def test_a_beat_counts_when_everything_that_it_announces_is_stored(
    application: Application,
) -> None:
    declare(application, is_live=True)
    source = Source()
    store(application, source, NOW, NOW + MINUTE)
    assert known_until(application) == NOW + MINUTE
    beat(application, 2, NOW + 10 * MINUTE)
    assert known_until(application) == NOW + 10 * MINUTE
    # It has recorded something that is not here yet: what it says now may change what was then.
    beat(application, 3, NOW + 20 * MINUTE)
    assert known_until(application) == NOW + MINUTE
    store(application, source, NOW + 15 * MINUTE)
    assert known_until(application) == NOW + 20 * MINUTE


def test_nothing_is_known_beyond_the_instant_of_knowledge(application: Application) -> None:
    declare(application, is_live=True)
    beat(application, 0, NOW + 10 * MINUTE)
    assert known_until(application, Instant(NOW + 5)) == NOW + 5


def test_a_stamp_of_the_future_is_known_when_it_arrived(application: Application) -> None:
    declare(application, is_live=True)
    source = Source()
    source.add(SIGNAL, NOW + 300 * MINUTE, text="RUN")
    clock = application.clock
    committer = Committer(
        application.database, application.manifest, application.files, clock, floor_mb=0
    )
    committer.commit(opened([source.seal()], source))
    assert NOW <= (known_until(application) or 0) <= NOW + MINUTE


def test_the_present_epoch_counts(application: Application) -> None:
    declare(application, is_live=True)
    store(application, Source(), NOW)
    beat(application, 0, NOW + 10 * MINUTE, epoch=2)
    assert known_until(application) == NOW + 10 * MINUTE
    beat(application, 1, NOW + 20 * MINUTE, epoch=2)
    assert known_until(application) == NOW
    store(application, Source(epoch=2), NOW + 15 * MINUTE)
    assert known_until(application) == NOW + 20 * MINUTE


def test_of_several_sources_the_last_that_lived(application: Application) -> None:
    declare(application, is_live=True)
    declare(application, is_live=True, source="edge-2")
    beat(application, 0, NOW + MINUTE)
    assert known_until(application) == NOW + MINUTE
