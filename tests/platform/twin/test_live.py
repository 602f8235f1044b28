"""The live view: the latest wins, what is stored is marked, a slow page costs little."""

import asyncio
import random

import pytest

from lineshaft.core.errors import Forbidden
from lineshaft.core.messages import LiveBatch, LiveValue, Notice
from lineshaft.core.period import Instant
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.platform.twin import live
from lineshaft.platform.twin.errors import TooManyWatchers
from lineshaft.platform.twin.model import LiveEntry, Machine, Signal
from lineshaft.platform.twin.service import LiveView, Watch
from lineshaft.security.authorisation.errors import NotAllowed
from lineshaft.security.authorisation.model import Actor, Resource, Role

EDGE, OTHER = SourceId("edge-1"), SourceId("edge-2")
SPEED, STATE = SignalId("mill/speed"), SignalId("mill/state")
MILL = Machine("mill", "Mill", signals=(Signal(SPEED), Signal(STATE)))
SOMEBODY = Actor("usr_1", Role.ENGINEER, None, "Emil")
NOBODY = Actor("usr_2", Role.CUSTOMER, "org", "Eve")


class Latest:
    """What the historian had before."""

    def __init__(self, *entries: LiveEntry) -> None:
        self.entries = {entry.signal: entry for entry in entries}
        self.asked = 0

    def latest(self, _actor: Actor, signals: list[SignalId]) -> dict[SignalId, LiveEntry]:
        self.asked += 1
        return {signal: self.entries[signal] for signal in signals if signal in self.entries}


class AllButNobody:
    def authorize(self, actor: Actor, action: str, _resource: Resource) -> None:
        if actor is NOBODY:
            raise NotAllowed("no", action, ())


def view_of(*stored: LiveEntry) -> LiveView:
    return LiveView(Latest(*stored), AllButNobody())


def batch(*values: tuple[SignalId, int, str], source: SourceId = EDGE, first: int = 1) -> LiveBatch:
    """Make a batch of (signal, instant, text); records are numbered from `first`."""
    numbered = [
        LiveValue(signal, Instant(ts), 0, text, None, first + place)
        for place, (signal, ts, text) in enumerate(values)
    ]
    return LiveBatch(source, Instant(99), numbered)


def shown(view: LiveView) -> dict[SignalId, tuple[str, bool]]:
    entries = view.entries(SOMEBODY, MILL)
    return {signal: (entry.display, entry.is_stored) for signal, entry in entries.items()}


def committed(sequence: int, epoch: int = 1) -> Notice:
    return Notice("committed", epoch, 1, sequence)


def test_the_latest_instant_wins() -> None:
    view = view_of()
    view.on_batch(batch((SPEED, 10, "a"), (STATE, 10, "x")))
    view.on_batch(batch((SPEED, 9, "late"), (STATE, 10, "y"), first=3))
    assert shown(view) == {SPEED: ("a", False), STATE: ("y", False)}


def test_values_from_before_are_read_once_and_replace_nothing_newer() -> None:
    old = LiveEntry(SPEED, Instant(5), 0, "stored", 1.0)
    view = view_of(old, LiveEntry(STATE, Instant(50), 0, "newer", None))
    view.on_batch(batch((SPEED, 10, "live"), (STATE, 10, "older")))
    assert shown(view) == {SPEED: ("live", False), STATE: ("newer", True)}
    view.entries(SOMEBODY, MILL)
    assert view._latest.asked == 1


def test_what_is_committed_is_marked_as_stored() -> None:
    view = view_of()
    view.on_batch(batch((SPEED, 10, "a"), (STATE, 10, "x")))
    view.on_notice(EDGE, Notice("missing", 1, 1, 9))
    view.on_notice(OTHER, committed(9))
    assert shown(view) == {SPEED: ("a", False), STATE: ("x", False)}
    view.on_notice(EDGE, committed(1))
    assert shown(view) == {SPEED: ("a", True), STATE: ("x", False)}
    view.on_notice(EDGE, committed(2))
    assert shown(view) == {SPEED: ("a", True), STATE: ("x", True)}
    # The notice may overtake the value.
    view.on_notice(EDGE, committed(7))
    view.on_batch(batch((SPEED, 20, "b"), first=7))
    assert shown(view)[SPEED] == ("b", True)


def test_an_old_value_that_is_stored_replaces_nothing_newer() -> None:
    view = view_of()
    view.on_batch(batch((SPEED, 10, "old")))
    view.on_batch(batch((SPEED, 20, "new"), source=OTHER))
    view.on_notice(EDGE, committed(5))
    assert shown(view)[SPEED] == ("new", False)


def test_the_numbers_of_a_new_epoch_begin_anew() -> None:
    view = view_of()
    view.on_notice(EDGE, committed(1_000))
    view.on_notice(EDGE, committed(0, epoch=2))
    view.on_batch(batch((SPEED, 10, "a"), first=1))
    assert shown(view)[SPEED] == ("a", False)


async def test_a_watcher_gets_the_latest_of_each_signal_at_once() -> None:
    view = view_of()
    watch = view.watch(SOMEBODY, "mill")
    for number in range(1_000):
        view.on_batch(batch((SPEED, number, str(number)), first=number))
    view.on_batch(batch((STATE, 1, "x"), (SignalId("press/speed"), 1, "not mine")))
    changes = await watch.changes()
    assert {entry.signal: entry.display for entry in changes} == {SPEED: "999", STATE: "x"}
    waiting = asyncio.create_task(watch.changes())
    await asyncio.sleep(0)
    assert not waiting.done()
    view.on_notice(EDGE, committed(5_000))
    assert all(entry.is_stored for entry in await waiting)
    watch.close()
    view.on_batch(batch((SPEED, 9_999, "gone"), first=9_999))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.changes(), 0.01)


async def drained(watch: Watch) -> dict[SignalId, LiveEntry]:
    """Return what has changed since, which may be nothing."""
    try:
        return {entry.signal: entry for entry in await asyncio.wait_for(watch.changes(), 0.005)}
    except TimeoutError:
        return {}


async def test_any_order_of_values_ends_with_the_latest() -> None:
    """Property: watcher and view agree, and show the largest instant of each signal."""
    for seed in range(20):
        rng, view = random.Random(seed), view_of()
        watch, seen = view.watch(SOMEBODY, "mill"), {}
        values = [(rng.choice([SPEED, STATE]), ts, f"{ts}") for ts in range(50)]
        rng.shuffle(values)
        for number, value in enumerate(values, start=1):
            source = rng.choice([EDGE, OTHER])
            view.on_batch(batch(value, first=number, source=source))
            if rng.random() < 0.2:
                view.on_notice(rng.choice([EDGE, OTHER]), committed(rng.randint(0, number)))
                seen |= await drained(watch)
        view.on_notice(EDGE, committed(50))
        view.on_notice(OTHER, committed(50))
        seen |= await drained(watch)
        latest = {signal: max(ts for s, ts, _ in values if s == signal) for signal, _, _ in values}
        assert {signal: entry.ts for signal, entry in seen.items()} == latest, f"seed {seed}"
        assert seen == view.entries(SOMEBODY, MILL), f"seed {seed}"
        assert all(entry.is_stored for entry in seen.values()), f"seed {seed}"


def test_the_number_of_watchers_has_a_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WATCHERS_MAX", 3)
    view = view_of()
    watches = [view.watch(SOMEBODY, machine) for machine in ("mill", "mill", "press")]
    with pytest.raises(TooManyWatchers, match="3 pages"):
        view.watch(SOMEBODY, "press")
    watches[0].close()
    watches[0].close()
    view.watch(SOMEBODY, "press")


def test_who_may_not_see_the_present_sees_nothing() -> None:
    view = view_of()
    view.on_batch(batch((SPEED, 10, "a")))
    for ask in (view.watch, view.heard_at):
        with pytest.raises(Forbidden):
            ask(NOBODY, "mill")
    with pytest.raises(Forbidden):
        view.entries(NOBODY, MILL)


def test_when_a_machine_was_last_heard() -> None:
    view = view_of()
    assert view.heard_at(SOMEBODY, "mill") is None
    view.on_batch(batch((SPEED, 10, "a")))
    assert view.heard_at(SOMEBODY, "mill") == 99
    assert view.heard_at(SOMEBODY, "press") is None
