"""A file reaches the hub whole, however often the import begins again; another file never does."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Conflict
from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.reading import Record, RecordKind
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.network.backfill import history, production
from lineshaft.network.backfill import memory as memory_module
from lineshaft.network.backfill.errors import (
    FileChanged,
    FileUnreadable,
    ImportRefused,
    ImportTaken,
    StatementRefused,
)
from lineshaft.network.backfill.memory import MemoryFile
from lineshaft.network.backfill.model import BackFillConfig, FileMap, Progress, Summary
from lineshaft.network.backfill.service import BackFill, ImportConflict
from tests.network.backfill.plain import SOURCE, records, stamp, write_lines
from tests.network.simulated import SimulatedBus, SimulatedHub, until

ROWS = 12_345


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = [f"press-1/s{k % 7},{stamp(k)},{k}.{k % 10}" for k in range(ROWS)]
    lines[7_000] = "broken"
    return write_lines(tmp_path_factory.mktemp("big") / "big.csv", ["signal,ts,value", *lines])


def config(file: Path, directory: Path, **more: object) -> BackFillConfig:
    given = {"map": FileMap(), "resend_s": 0.1}
    return BackFillConfig(source=SOURCE, file=file, directory=directory, **(given | more))


async def run(
    given: BackFillConfig, bus: SimulatedBus, told: list[Progress] | None = None
) -> Summary:
    with BackFill(given, SystemClock()) as back_fill:
        return await back_fill.run(bus, (told if told is not None else []).append)


def values(found: list[Record]) -> list[tuple[object, ...]]:
    return [(r.signal, r.sequence, r.ordinal, r.ts, r.kind, r.mantissa, r.text) for r in found]


async def test_a_whole_file_arrives_in_order(big: Path, tmp_path: Path) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    told: list[Progress] = []
    summary = await run(config(big, tmp_path), bus, told)
    assert (summary.records, summary.refusals, summary.stored_before) == (ROWS, 1, 0)
    assert summary.first_refusals == ("big.csv line 7002: 1 columns: expected 3",)
    assert values(hub.records) == values(records(big))
    assert (told[-1].rows, told[-1].rows_total, told[-1].records) == (ROWS + 1, ROWS, ROWS)
    again = await run(config(big, tmp_path), bus)
    assert (again.records, again.stored_before) == (ROWS, ROWS)
    assert hub.duplicates == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_bus_that_loses_and_doubles(big: Path, tmp_path: Path, seed: int) -> None:
    bus = SimulatedBus(seed, loss=0.1, double=0.1)
    hub = SimulatedHub(bus)
    await run(config(big, tmp_path), bus)
    assert values(hub.records) == values(records(big))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_stopped_at_any_point_it_goes_on(
    big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A cancelled run leaves behind what a killed one does: nothing is written at its end."""
    monkeypatch.setattr(production, "CHECKPOINT_SEGMENTS", 3)
    monkeypatch.setattr("lineshaft.network.backfill.files.BLOCK_BYTES", 40_000)
    random = Random(seed)
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    used_checkpoints = 0
    while len(hub.records) < ROWS:
        goal = min(ROWS, len(hub.records) + random.randint(1, 4_000))
        task = asyncio.create_task(
            run(config(big, tmp_path, rate=random.choice([None, 100_000])), bus)
        )
        await until(lambda goal=goal, task=task: len(hub.records) >= goal or task.done())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        memory = MemoryFile(tmp_path / "history-1.json").recall()
        used_checkpoints += bool(memory and memory.checkpoint)
    summary = await run(config(big, tmp_path), bus)
    assert (summary.records, summary.refusals) == (ROWS, 1)
    assert values(hub.records) == values(records(big))
    assert used_checkpoints


async def test_it_waits_for_an_administrator_and_says_so(big: Path, tmp_path: Path) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus, is_accepting=False)
    told: list[Progress] = []
    task = asyncio.create_task(run(config(big, tmp_path), bus, told))
    await until(lambda: bool(told) and told[-1].standing == "waiting")
    assert "waiting" in told[-1].why
    hub.is_accepting = True
    assert (await task).records == ROWS


async def test_who_is_refused_ends(big: Path, tmp_path: Path) -> None:
    bus = SimulatedBus()
    bus.answers["enrol"] = lambda _: b'{"state": "refused", "reason": "this source id belongs"}'
    with pytest.raises(ImportRefused, match="this source id belongs"):
        await run(config(big, tmp_path), bus)


async def test_a_changed_file_or_map_cannot_go_on(tmp_path: Path) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    path = write_lines(tmp_path / "a.csv", ["signal,ts,value", f"m/s,{stamp(1)},1"])
    await run(config(path, tmp_path), bus)
    with pytest.raises(FileChanged, match="another map"):
        await run(config(path, tmp_path, map=FileMap(machine="m")), bus)
    write_lines(path, ["signal,ts,value", f"m/s,{stamp(1)},2"])
    with pytest.raises(FileChanged, match=r"a\.csv was imported, with 1 rows") as refused:
        await run(config(path, tmp_path), bus)
    assert isinstance(refused.value, Conflict)
    (tmp_path / "history-1.json").unlink()
    with pytest.raises(ImportConflict, match="give it a name of its own"):
        await run(config(path, tmp_path), bus)
    assert [r.mantissa for r in hub.records] == [1]


async def test_how_far_a_file_goes_is_said_behind_its_records(
    big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "STATEMENTS_MAX", 2)
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    told = [parse_instant(f"2026-02-0{day}T00:00:00Z") for day in (2, 1, 3)]
    # With the import, after it, and once more as it was said before.
    for count, said in ((1, told[0]), (2, told[1]), (2, told[0]), (2, None)):
        summary = await run(config(big, tmp_path, until=said), bus)
        assert summary.records == len(hub.records) == ROWS + 7 * count
    counts = hub.records[ROWS:]
    assert [one.ts for one in counts] == [told[0]] * 7 + [told[1]] * 7
    assert {one.kind for one in counts} == {RecordKind.COUNT}
    # Each counts its own signal, itself included; what belongs to no signal does not go on.
    assert [one.mantissa for one in counts] == [one.ordinal for one in counts]
    assert sorted(one.signal for one in counts[:7]) == [f"press-1/s{k}" for k in range(7)]
    future = Instant(SystemClock().now() + 60_000_000)
    for refused in (told[2], future):
        with pytest.raises(StatementRefused, match="up to now, and at most 2"):
            await run(config(big, tmp_path, until=refused), bus)


async def test_another_history_under_the_name_ends_it(big: Path, tmp_path: Path) -> None:
    bus = SimulatedBus()
    SimulatedHub(bus)
    await run(config(big, tmp_path), bus)
    memory = MemoryFile(tmp_path / "history-1.json")
    known = memory.recall()
    assert known is not None
    other = write_lines(tmp_path / "o.csv", ["signal,ts,value", f"m/s,{stamp(1)},1"])
    memory.path.unlink()
    await asyncio.gather(run(config(other, tmp_path), bus), return_exceptions=True)
    began = memory.recall()
    assert began is not None
    # as if this file had been imported under the name: the hub has more segments, and others
    memory.keep(replace(began, epoch=1, checkpoint=None))
    with pytest.raises(ImportConflict, match="this file fewer"):
        await run(config(other, tmp_path), bus)


async def test_a_file_that_changes_meanwhile_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lineshaft.network.backfill.files.BLOCK_BYTES", 40)
    path = write_lines(
        tmp_path / "a.csv", ["signal,ts,value", *(f"m/s,{stamp(k)},{k}" for k in range(50))]
    )
    bus = SimulatedBus()
    SimulatedHub(bus)
    with BackFill(config(path, tmp_path), SystemClock()) as back_fill:
        task = asyncio.create_task(back_fill.run(bus, lambda _: None))
        await asyncio.sleep(0)
        with path.open("a") as file:
            file.write(f"m/s,{stamp(50)},50\n")
        with pytest.raises(FileChanged, match="while it was imported"):
            await task


async def test_one_process_imports_under_a_name(big: Path, tmp_path: Path) -> None:
    with BackFill(config(big, tmp_path), SystemClock()), pytest.raises(ImportTaken):
        BackFill(config(big, tmp_path), SystemClock())
    (tmp_path / "history-1.json").write_text("{}")
    with pytest.raises(FileUnreadable, match=r"history-1\.json"):
        BackFill(config(big, tmp_path), SystemClock())


async def test_a_rate_is_kept(big: Path, tmp_path: Path) -> None:
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    began_s = asyncio.get_running_loop().time()
    await run(config(big, tmp_path, rate=20_000), bus)
    assert asyncio.get_running_loop().time() - began_s >= ROWS / 20_000
    assert len(hub.records) == ROWS


async def test_memory_is_bounded_while_the_hub_stands_still(
    big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AHEAD_SEGMENTS_MAX", 4)
    monkeypatch.setattr("lineshaft.network.backfill.service.WINDOW_SEGMENTS_MAX", 3)
    monkeypatch.setattr("lineshaft.network.backfill.files.BLOCK_BYTES", 33_000)
    bus = SimulatedBus()
    hub = SimulatedHub(bus)
    hub.is_committing = False
    kept: list[history.FileHistory] = []
    original = history.FileHistory.produce

    async def watched(self: history.FileHistory) -> None:
        kept.append(self)
        await original(self)

    monkeypatch.setattr(history.FileHistory, "produce", watched)
    task = asyncio.create_task(run(config(big, tmp_path), bus))
    await until(lambda: bool(kept) and len(kept[0]._kept) >= 4)
    await asyncio.sleep(0.05)
    assert len(kept[0]._kept) <= 5
    hub.is_committing = True
    assert (await task).records == ROWS
