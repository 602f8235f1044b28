"""What `make bench` and `make soak` print and remember."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import page, records, run, soak
from bench.records import Outcome, Promise


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "results.jsonl"

    def append(record: dict[str, object]) -> None:
        records.append(record, path=path)

    monkeypatch.setattr(run, "append", append)
    monkeypatch.setattr(soak, "append", append)
    return path


@pytest.mark.parametrize(
    ("promise", "line", "is_kept"),
    [
        (Promise("a", 1.5, "s"), "a 1.5 s", True),
        (
            Promise.at_least("intake", 330_000, "readings/s", 300_000),
            "intake 330000 readings/s  (at least 300000, ratio 1.1)",
            True,
        ),
        (Promise.at_most("p99", 80, "ms", 100), "p99 80 ms  (at most 100, ratio 0.8)", True),
        (
            Promise.at_most("p99", 125, "ms", 100),
            "p99 125 ms  (at most 100, ratio 1.25)  NOT KEPT",
            False,
        ),
        (Promise("b", 0.00001234, "s", "peer", 2), "b 0.00001234 s  (peer 2, ratio 0.0)", True),
    ],
)
def test_a_promise_says_its_figure_and_limit(promise: Promise, line: str, is_kept: bool) -> None:
    assert promise.line() == line
    assert promise.is_kept is is_kept


def test_bench_remembers_each_promise_once(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    promises = [Promise.at_most("a", 1, "s", 2), Promise.at_most("b", 3, "s", 2)]
    module = SimpleNamespace(__name__="m", NAMES=("a", "b"), measure=lambda: promises)
    monkeypatch.setattr(run, "promise_modules", lambda: [module])
    assert run.main(["--only", "a"]) == 0
    assert run.main([]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "a 1 s  (at most 2, ratio 0.5)"
    kept = [json.loads(line) for line in results.read_text().splitlines()]
    assert [record["name"] for record in kept] == ["a", "a", "b"]
    keys = ["name", "value", "unit", "peer", "peer_value", "ratio"]
    keys += ["at", "load", "pace", "loop", "cpu", "commit"]
    assert list(kept[0]) == keys
    assert kept[0]["pace"] > 0
    assert kept[0]["loop"] > 0
    with pytest.raises(SystemExit, match="no promise is called 'c'; there are: a, b"):
        run.main(["--only", "c"])


def test_a_module_must_measure_what_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(__name__="m", NAMES=("a", "b"), measure=lambda: [Promise("a", 1, "s")])
    monkeypatch.setattr(run, "promise_modules", lambda: [module])
    with pytest.raises(SystemExit, match="declares"):
        run.main([])


def test_soak_remembers_count_seed_and_result(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(count: int, seed: int) -> Outcome:
        raise AssertionError(f"lost {count} with {seed}")

    modules = {
        "good": SimpleNamespace(FULL=40, SLICE=3, run=lambda c, s: Outcome(True, "", {"kills": c})),
        "bad": SimpleNamespace(FULL=7, SLICE=7, run=explode),
    }
    monkeypatch.setattr(soak, "long_run_names", lambda: sorted(modules))
    monkeypatch.setattr(soak, "long_run", modules.__getitem__)
    assert soak.main(["--seed", "11"]) == 1
    assert soak.main(["--slice", "--only", "good", "--seed", "5"]) == 0
    out = capsys.readouterr().out
    assert "soak bad FAILED count=7 seed=11" in out
    assert "AssertionError: lost 7 with 11" in out
    assert "again: make soak ONLY=bad SEED=11" in out
    assert "soak good ok count=3 seed=5" in out
    kept = [json.loads(line) for line in results.read_text().splitlines()]
    found = [(r["name"], r["count"], r["seed"], r["result"]) for r in kept]
    assert found == [("bad", 7, 11, "FAILED"), ("good", 40, 11, "ok")]
    with pytest.raises(SystemExit, match="no long run is called 'other'"):
        soak.main(["--only", "other"])


@pytest.mark.parametrize(
    ("full", "part", "is_enough"), [(40, 2, True), (40, 1, False), (3, 4, False)]
)
def test_a_slice_is_at_least_five_percent(
    full: int, part: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = SimpleNamespace(FULL=full, SLICE=part)
    monkeypatch.setattr(soak.importlib, "import_module", lambda name: module)
    if is_enough:
        assert soak.long_run("x") is module
    else:
        with pytest.raises(ValueError, match="expected at least 5 %"):
            soak.long_run("x")


def record_of(name: str, value: float, at: str = "2027-01-31T10:00:00Z") -> dict[str, object]:
    promise = Promise.at_most(name, value, "s", 2)
    return {**promise.record(), "at": at, "load": 0.5, "pace": 12.5, "commit": "0123456789ab"}


def test_the_page_gets_the_last_measurement_of_each_promise(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    for record in (record_of("b", 1), record_of("a", 3), {"name": "kills"}, record_of("b", 0.5)):
        records.append(record, path=results)
    before = f"# Figures\n\n{page.BEGIN}old\n{page.END}\nend\n"
    after = page.with_figures(before, page.records(results))
    assert page.rows_of(after) == [
        "| `a` | 3 s | at most 2 s | 1.5 | 0.5 | 12.5 |  | 2027-01-31 | `0123456789ab` |\n",
        "| `b` | 0.5 s | at most 2 s | 0.25 | 0.5 | 12.5 |  | 2027-01-31 | `0123456789ab` |\n",
    ]
    assert after.endswith("\nend\n")
    assert page.with_figures(after, page.records(results)) == after


def test_the_page_says_what_was_measured() -> None:
    """Each row is a measurement that is on record of a promise, and every promise has its words."""
    text = page.PAGE.read_text()
    rows = page.rows_of(text)
    assert set(rows) <= {page.row(record) for record in page.records()}
    names = {name for module in run.promise_modules() for name in module.NAMES}
    assert {row.split("`")[1] for row in rows} <= names
    words = text.partition(page.END)[2]
    assert [name for name in names if f"`{name}`" not in words] == []


def test_a_long_run_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0, 10, 31, 40, 62])
    monkeypatch.setattr(records.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(records, "TELL_EVERY_S", 30)
    assert list(records.told("abc", 3)) == ["a", "b", "c"]
    assert capsys.readouterr().err == "  1 of 3, 33 %\n"


def test_the_cpu_is_named(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Some Core\nflags\t\t: aes sha_ni\n")
    assert records.cpu(cpuinfo) == "Some Core, SHA"
    cpuinfo.write_text("model name\t: Some Core\nflags\t\t: aes\n")
    assert records.cpu(cpuinfo) == "Some Core"
    assert records.cpu(tmp_path / "absent")
