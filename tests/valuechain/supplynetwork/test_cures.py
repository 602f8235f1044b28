"""The cheapest cures are those that trying all sets finds; scenarios repeat to the byte."""

import itertools
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.core.errors import Invalid, NotFound
from lineshaft.valuechain.supplynetwork import cures as cures_module
from lineshaft.valuechain.supplynetwork.cures import (
    Cure,
    CureKind,
    Goal,
    cheapest,
    cheapest_set,
    remedies,
)
from lineshaft.valuechain.supplynetwork.disruption import Shock, ShockKind
from lineshaft.valuechain.supplynetwork.errors import (
    CureNotFound,
    CureSearchTooLong,
    InputsChanged,
)
from lineshaft.valuechain.supplynetwork.guarantees import GuaranteeExposure, GuaranteeKind
from lineshaft.valuechain.supplynetwork.outage import OutageModel
from lineshaft.valuechain.supplynetwork.service import again, question_of, what_if
from tests.valuechain.supplynetwork.examples import START, TABLES, write_tables
from tests.valuechain.supplynetwork.test_outage import random_network


def some_cures(draw: st.DataObject) -> list[Cure]:
    found = []
    for number in range(draw.draw(st.integers(1, 6))):
        kind = draw.draw(st.sampled_from(list(CureKind)))
        is_buffer = kind is CureKind.BUFFER
        item = draw.draw(st.integers(0 if is_buffer else 6, 9))
        size = draw.draw(st.integers(1, 4))
        found.append(
            Cure(
                f"c{number}",
                kind,
                f"i{item}",
                Decimal(draw.draw(st.integers(0, 9))),
                "EUR",
                Fraction(size * 40) if is_buffer else Fraction(0),
                Fraction(0) if is_buffer else Fraction(size, 4),
                0 if is_buffer else draw.draw(st.integers(0, 8)),
            )
        )
    return found


EXPOSURE = GuaranteeExposure.of_row(
    contract="one",
    guarantee="restored",
    item="i6",
    kind=GuaranteeKind.RESTORATION,
    target=Fraction(24),
    bands=(),
    slope=Fraction(1, 4),
    cap=Fraction(1, 2),
    group="",
    contract_cap=Fraction(1),
    monthly_fee=Decimal(1000),
    currency="EUR",
    machines=1,
    repair_hours=Fraction(4),
)


@settings(max_examples=15, deadline=None)
@given(st.data(), st.integers(0, 10**6))
def test_the_cheapest_set_is_what_trying_all_sets_finds(draw: st.DataObject, seed: int) -> None:
    network, cures = random_network(seed), some_cures(draw)
    model = OutageModel(network, Shock(ShockKind.COUNTRY, ("SE",), START, 20), 40)
    margin = draw.draw(st.sampled_from([None, model.run().peak_margin / 3]))
    goal = draw.draw(
        st.sampled_from(
            [
                Goal(frozenset({"l0"}), margin),
                Goal(lost_margin_max=margin, credits_max=Fraction(90)),
            ]
        )
    )
    every = itertools.chain.from_iterable(
        itertools.combinations(cures, size) for size in range(len(cures) + 1)
    )
    costs = [
        sum(cure.cost for cure in chosen)
        for chosen in every
        if goal.is_reached(model.run(remedies(network, chosen)), [EXPOSURE])
    ]
    if not costs:
        with pytest.raises(CureNotFound):
            cheapest(model, cures, goal, [EXPOSURE])
        return
    chosen = cheapest(model, cures, goal, [EXPOSURE])
    assert goal.is_reached(model.run(remedies(network, chosen)), [EXPOSURE])
    assert sum(cure.cost for cure in chosen) == min(costs)


def test_of_equal_costs_the_fewest_are_chosen() -> None:
    wanted = [frozenset({0, 1}), frozenset({2})]
    found = cheapest_set([1, 1, 2], lambda chosen: any(each <= chosen for each in wanted))
    assert found == {2}


def test_the_search_ends_at_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cures_module, "ROUNDS_MAX", 2)
    with pytest.raises(CureSearchTooLong, match="within 2 rounds"):
        cheapest_set([1, 1, 1], lambda chosen: len(chosen) == 3)
    model = OutageModel(random_network(1), Shock(ShockKind.SUPPLIER, ("s0",), START, 9), 9)
    one = Cure("a", CureKind.BUFFER, "i0", Decimal(1), "EUR", Fraction(1), Fraction(0), 0)
    with pytest.raises(Invalid, match="201 cures"):
        cheapest(model, [one] * 201, Goal(), [])
    made = Cure("b", CureKind.REDESIGN, "i0", Decimal(1), "EUR", Fraction(0), Fraction(1), 0)
    with pytest.raises(Invalid, match="i0 is made"):
        cheapest(model, [made], Goal(), [])


def test_the_cheapest_cure_keeps_the_mills_running(tmp_path: Path) -> None:
    """25 days of 2.5 spindles are missing: a second source and a new head do, or 75 spindles."""
    source = write_tables(tmp_path)
    asked = question_of(("supplier", ["acme"]), ("2026-03-01", 60, 180), (["mills"], None, None))
    found = what_if(source, asked)
    content = found.answer.to_content()
    assert content["cures"] == ["more-spindles"]
    assert content["cost"] == {"EUR": "90000.00"}
    assert content["cured"]["lost_margin"] == "0"
    assert (
        found.scenario == what_if(source, asked).scenario == again(source, found.scenario).scenario
    )
    write_tables(tmp_path, cures=TABLES["cures"].replace("90000.00", "200000"))
    with pytest.raises(InputsChanged, match=r"cures\.csv"):
        again(source, found.scenario)
    # Cheaper now: the head covers 0.4 of each day, the second source all from day 20 on.
    assert [each.id for each in what_if(source, asked).answer.cures or ()] == ["second"]
    with pytest.raises(NotFound, match="no line 'mill'"):
        what_if(
            source, question_of(("part", ["head"]), ("2026-03-01", 9, 9), (["mill"], None, None))
        )


def test_the_command_saves_a_scenario_and_asks_it_again(tmp_path: Path) -> None:
    source, file = str(write_tables(tmp_path / "net")), str(tmp_path / "scenario.json")
    asked = ["valuechain", "outage", source, "--kind", "supplier", "--target", "acme"]
    asked += ["--start", "2026-03-01", "--days", "60", "--credits-max", "0", "--save", file]
    shown = CliRunner().invoke(app, asked)
    assert "lost margin 683762.50 EUR" in shown.output
    assert "credits -18000.00 EUR" in shown.output
    assert "cheapest cures: more-spindles; cost 90000.00 EUR" in shown.output
    repeated = CliRunner().invoke(app, ["valuechain", "outage-again", source, file, "--json"])
    assert json.loads(repeated.output)["format"] == "lineshaft-outage-scenario/1"
    Path(file).write_text(Path(file).read_text().replace('"683762.50"', '"0.00"'))
    refused = CliRunner().invoke(app, ["valuechain", "outage-again", source, file])
    assert refused.exit_code == 5
    refused = CliRunner().invoke(app, [*asked[:4], "planet", *asked[5:]])
    assert (refused.exit_code, "expected one of supplier" in refused.output) == (2, True)
    Path(file).write_text("{}")
    assert CliRunner().invoke(app, ["valuechain", "outage-again", source, file]).exit_code == 2
