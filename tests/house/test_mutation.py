"""The mutation score is measured right: what is planted, what is remembered, what may survive."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from bench.mutation.mutants import Mutant, mutants_of, shuffled, sources
from bench.mutation.plugin import plant
from bench.mutation.reach import Reach
from bench.mutation.reasons import reasons, survivors_written
from bench.mutation.run import tried
from bench.mutation.verdicts import Plan, Score, judged, verdicts_in
from bench.records import ROOT
from lineshaft.services.contracts.credits import CreditTerms, missed_by

CREDITS = ROOT / "src/lineshaft/services/contracts/credits.py"


@pytest.fixture(scope="module")
def of_credits() -> list[Mutant]:
    return mutants_of(CREDITS)


def test_what_bills_is_measured_and_its_edges_are_not() -> None:
    names = [path.relative_to(ROOT / "src/lineshaft/services").as_posix() for path in sources()]
    for name in ("metering/meters/counter.py", "billing/proration.py", "contracts/calendars.py"):
        assert name in names
    for name in ("billing/api.py", "billing/store.py", "billing/einvoice/ubl.py"):
        assert name not in names


def test_mistakes_are_planted_in_functions_of_decorated_classes_but_not_in_texts(
    of_credits: list[Mutant],
) -> None:
    names = [each.name.split("credits.py:")[1] for each in of_credits]
    assert "CreditTerms.__post_init__: self.target >= 0 and self.cap >= 0 -> " in "".join(
        name for name in names if " and " in name
    )
    assert "missed_by: terms.target - value -> terms.target + value" in names
    assert not [name for name in names if "msg" in name or "expected 1 to" in name]
    assert len({each.identity for each in of_credits}) > 0.99 * len(of_credits)


def test_every_mistake_is_a_program(of_credits: list[Mutant]) -> None:
    source = CREDITS.read_text(encoding="utf-8")
    for mutant in of_credits:
        assert mutant.planted(source) != source
        compile(mutant.planted(source), mutant.name, "exec")


def test_a_planted_mistake_changes_what_the_function_says(of_credits: list[Mutant]) -> None:
    wanted = "missed_by: terms.target - value -> terms.target + value"
    mutant = next(each for each in of_credits if each.name.endswith(wanted))
    terms = CreditTerms(Fraction(9, 10), (), Fraction(1), slope=Fraction(1))
    sound = missed_by.__code__
    try:
        assert plant(mutant, [missed_by])
        assert missed_by(Fraction(1, 2), terms) == Fraction(14, 10)
    finally:
        missed_by.__code__ = sound
    assert missed_by(Fraction(1, 2), terms) == Fraction(4, 10)
    assert not plant(replace(mutant, becomes=mutant.was), [missed_by])


def test_mistakes_are_judged_by_the_tests_that_reach_them(
    of_credits: list[Mutant], tmp_path: Path
) -> None:
    some = [each for each in of_credits if each.function == "missed_by"][:3]
    tests = [ROOT / "tests/services/contracts/test_guarantee.py"]
    verdicts = tried(some, tmp_path / "verdicts.jsonl", tests=tests)
    assert [each.result for each in verdicts] == ["killed"] * 3


def test_the_seed_chooses_and_the_first_are_a_sample(of_credits: list[Mutant]) -> None:
    chosen = shuffled(of_credits, 1)
    assert chosen == shuffled(reversed(of_credits), 1)
    assert chosen != shuffled(of_credits, 2)
    without = [each for each in of_credits if each != chosen[0]]
    assert shuffled(without, 1) == chosen[1:]


def test_the_fastest_tests_that_reach_the_statement_come_first_as_many_as_are_affordable(
    of_credits: list[Mutant],
) -> None:
    mutant = replace(of_credits[0], span=(10, 11))
    lines = {mutant.path: {9: {"a"}, 10: {"b", "c"}, 11: {"d"}}}
    reach = Reach(lines=lines, seconds={"a": 0.1, "b": 3.0, "c": 2.0, "d": 1.0})
    assert reach.tests(mutant) == ["d", "c", "b"]
    assert reach.affordable(["d", "c", "b"]) == ["d", "c"]
    assert reach.affordable(["e"][:0]) == []


def test_a_verdict_is_kept_and_counted(of_credits: list[Mutant], tmp_path: Path) -> None:
    killed, hung, survived, unreached, broken, unknown = of_credits[:6]
    path, results, said = (tmp_path / name for name in ("plan", "results", "said"))
    Plan(of_credits[:6], results, said).write(path)
    plan = Plan.read(path)
    assert list(plan.due()) == of_credits[:6]
    plan.add(judged(killed, "killed", tests="t", by="x.py::test"))
    plan.add(judged(hung, "hung", tests="t", by="x.py::test"))
    plan.add(judged(survived, "survived", tests="t"))
    plan.add(judged(unreached, "unreached", tests="t"))
    plan.add(judged(broken, "broken", tests="t"))
    assert str(plan.score) == "2 of 4 killed, 50.0 %"
    again = Plan.read(path)
    assert set(again.known) == {each.identity for each in of_credits[:5]}
    again.add(again.known[killed.identity])
    assert len(verdicts_in(results)) == 5
    assert len(verdicts_in(said)) == 6
    assert unknown.identity not in again.known
    left = survivors_written(plan.verdicts, tmp_path / "survivors")
    assert [each.identity for each in left] == [survived.identity, unreached.identity]
    assert "credits.py: 2 of 4 killed" in (tmp_path / "survivors").read_text()


def test_of_nothing_everything_is_found() -> None:
    assert Score.of([]).percent == 100


def test_a_run_that_has_no_time_judges_nothing(of_credits: list[Mutant], tmp_path: Path) -> None:
    plan = Plan(of_credits, tmp_path / "results", tmp_path / "said", seconds_max=-1)
    assert list(plan.due()) == []


def test_every_survivor_with_a_reason_is_still_a_change_of_its_function() -> None:
    for name, reason in reasons().by_name.items():
        path, rest = name.split(":", 1)
        function, change = rest.split(": ", 1)
        source = " ".join((ROOT / path).read_text(encoding="utf-8").split())
        assert f"def {function.rsplit('.', 1)[-1]}(" in source, name
        assert change.split(" -> ")[0] in source, name
        assert len(reason) > 10
