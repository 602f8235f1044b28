"""Meters of several signals over the real historian, and what is known ahead beside readings."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Actor
from lineshaft.services.metering.ahead import beside_ahead
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.ports import Beside
from tests.platform.historian.house import House, Source
from tests.services.metering.rows import KNOWN_AT, at, span
from tests.services.metering.test_combined import GOOD
from tests.services.metering.test_content import ESTIMATE, EXCHANGE
from tests.services.metering.test_service import metering


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.database.close()


def test_a_meter_of_two_signals_reads_and_proves_both(house: House) -> None:
    """100 made less 4 rejected; what one source says of both is read by signal."""
    source = Source("edge-1")
    for second, made, rejected in ((0, 100, 5), (60, 160, 8), (120, 200, 9)):
        source.add("mill/x", at(second), made, 0)
        source.add("mill/rejects", at(second), rejected, 0)
    source.seal()
    house.store(source)
    record = metering(house).usage(SYSTEM_WORKER, GOOD, span(0, 120), KNOWN_AT)
    assert record.quantity.amount == 96
    assert [(part.name, part.quantity.amount) for part in record.parts] == [
        ("total", 100),
        ("rejects", 4),
    ]
    assert {record.signal_of(each) for each in record.ranges} == {
        SignalId("mill/x"),
        SignalId("mill/rejects"),
    }


class Recorded:
    """Exchanges and estimates of one machine; being asked of another is a mistake."""

    def machines(self, _actor: Actor) -> frozenset[str]:
        return frozenset({"mill"})


class Exchanges(Recorded):
    def in_force(
        self, _actor: Actor, signal: SignalId, known_at: Instant
    ) -> Sequence[MeterExchange]:
        assert (signal, known_at) == ("mill/x", KNOWN_AT)
        return [EXCHANGE]


class Estimates(Recorded):
    def in_force(
        self, _actor: Actor, machine: str, meter: str, known_at: Instant
    ) -> Sequence[Estimate]:
        assert (machine, meter, known_at) == ("mill", "m1", KNOWN_AT)
        return [ESTIMATE]


def test_only_of_machines_with_a_record_it_is_asked_again() -> None:
    beside = beside_ahead(Beside(exchanges=Exchanges(), estimates=Estimates()))
    exchanges, estimates = beside.exchanges, beside.estimates
    assert exchanges is not None
    assert estimates is not None
    assert exchanges.in_force(SYSTEM_WORKER, SignalId("mill/x"), KNOWN_AT) == [EXCHANGE]
    assert exchanges.in_force(SYSTEM_WORKER, SignalId("press/x"), KNOWN_AT) == ()
    assert estimates.in_force(SYSTEM_WORKER, "mill", "m1", KNOWN_AT) == [ESTIMATE]
    assert estimates.in_force(SYSTEM_WORKER, "press", "m1", KNOWN_AT) == ()
    assert exchanges.machines(SYSTEM_WORKER) == estimates.machines(SYSTEM_WORKER) == {"mill"}
    assert (beside.liveness, beside.clocks) == (None, None)
