"""Until when a source is known to have had nothing more to say."""

import pytest
from msgspec.structs import replace

from lineshaft.bootstrap.adapters import SourceLiveness
from lineshaft.bootstrap.application import Application
from lineshaft.core.clock import ManualClock
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import StoredBeat
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER
from tests.installation import NOW
from tests.platform.historian.house import Source, opened
from tests.services.metering.rows import meter

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
    commit(application, source)


def commit(application: Application, source: Source) -> None:
    committer = Committer(
        application.database, application.manifest, application.files, application.clock, floor_mb=0
    )
    committer.commit(opened([source.seal()], source))


def beat(application: Application, mark: int, at: int, *, epoch: int = 1) -> None:
    found = StoredBeat(SourceId("edge-1"), epoch, mark, Instant(at - MINUTE), Instant(at))
    with application.database.unit_of_work() as unit:
        application.manifest.write_beats(unit.connection, [found])


def known_until(
    application: Application, known_at: Instant = LATER, *sources: str, end: Instant = LATER
) -> int | None:
    liveness = SourceLiveness(application.database, SqlConnectorStore(), application.historian)
    rows_of = tuple(map(SourceId, sources))
    found = liveness.known_until(SIGNAL, rows_of, known_at, end)
    assert found == liveness.ahead().known_until(SIGNAL, rows_of, known_at, end)
    return found


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
    commit(application, source)
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


def test_an_import_is_known_as_far_as_its_records_reach(application: Application) -> None:
    history, later = Source("history-1"), Source("history-2")
    store(application, history, NOW, NOW + 30 * MINUTE)
    first_known = application.historian.last_known_at(SYSTEM_WORKER)
    assert known_until(application, LATER, "history-1") == NOW + 30 * MINUTE
    # What comes later moves it on, whatever it is of: a word that the series goes on does, too.
    store(application, later, NOW + 40 * MINUTE)
    history.add(SIGNAL, NOW + 50 * MINUTE, 3, 0, kind=RecordKind.COUNT)
    commit(application, history)
    assert known_until(application, LATER, "history-1") == NOW + 50 * MINUTE
    assert known_until(application, first_known, "history-1") == NOW + 30 * MINUTE
    assert known_until(application, LATER, "history-2") == NOW + 40 * MINUTE
    assert known_until(application, first_known, "history-2") is None
    assert known_until(application, LATER, "history-2", "history-1") == NOW + 50 * MINUTE
    # What it said itself reaches to the end of what is asked: nothing has to be taken on trust.
    end = Instant(NOW + 50 * MINUTE)
    assert known_until(application, LATER, "history-1", end=end) is None


def test_an_import_beside_a_machine_that_lives(application: Application) -> None:
    store(application, Source("history-1"), NOW)
    declare(application, is_live=True)
    assert known_until(application, LATER, "history-1") == NOW
    beat(application, 0, NOW + 10 * MINUTE)
    assert known_until(application, LATER, "history-1") == NOW + 10 * MINUTE
    assert known_until(application, LATER, "edge-1") == NOW + 10 * MINUTE


@pytest.mark.parametrize("silent", ["edge-1", "api"])
def test_an_import_beside_a_source_whose_silence_says_nothing(
    application: Application, silent: str
) -> None:
    store(application, Source("history-1"), NOW)
    declare(application, is_live=False)
    assert known_until(application, LATER, "history-1", silent) is None
    # Corrections of the desk do not say that a machine had nothing to say.
    assert known_until(application, LATER, "history-1", "desk") == NOW
    assert known_until(application, LATER, "desk") is None


def test_a_state_that_was_imported_holds_to_the_end_of_the_import(application: Application) -> None:
    history = Source("history-1")
    proof = history.key.sign(enrol_proof(history.name, history.salt))
    key = history.key.public_key().public_bytes_raw()
    request = EnrolRequest(history.name, key.hex(), history.salt.hex(), proof.hex())
    application.identity.enrol_local(LOCAL_OPERATOR, request)
    store(application, history, NOW, NOW + 20 * MINUTE)
    states = replace(meter("state_duration", "SEC"), signal=SIGNAL)
    period = Period(NOW, Instant(NOW + 30 * MINUTE))

    def measured() -> tuple[int, Instant | None]:
        known_at = application.metering.settle(LATER)
        found = application.metering.usage(SYSTEM_WORKER, states, period, known_at)
        ahead = application.metering.ahead([(states, period)], known_at)
        assert ahead.usage(SYSTEM_WORKER, states, period, known_at) == found
        missing = application.metering.missing(SYSTEM_WORKER, states, period, known_at)
        assert sum(one.duration_us for one in missing) == period.duration_us - found.covered_us
        return found.covered_us // MINUTE, found.known_until

    assert measured() == (20, NOW + 20 * MINUTE)
    history.add(SIGNAL, NOW + 25 * MINUTE, 3, 0, kind=RecordKind.COUNT)
    commit(application, history)
    assert measured() == (25, NOW + 25 * MINUTE)
    history.add(SIGNAL, NOW + 30 * MINUTE, 4, 0, kind=RecordKind.COUNT)
    commit(application, history)
    assert measured() == (30, None)
