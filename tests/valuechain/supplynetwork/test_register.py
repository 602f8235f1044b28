"""The single-source register by hand, and what changed since the last one."""

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path

from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.valuechain.supplynetwork.register import Change
from lineshaft.valuechain.supplynetwork.service import register
from tests.valuechain.supplynetwork.examples import TABLES, write_tables


def test_the_register_is_ranked_by_the_margin_that_stops(tmp_path: Path) -> None:
    found = register(write_tables(tmp_path))
    spindle, casting = found.dependencies  # bearings have two suppliers
    # 7 x 20,000 + 7 x 9,000.50 + 3.5 x 1,500; a casting is in no spare
    assert spindle.margin_per_week == Fraction("208253.5")
    assert casting.margin_per_week == Fraction("203003.5")
    assert spindle.lines == ("mills", "lathes", "spares")
    assert spindle.cover_days == 20  # 50 of 2.5 a day: the youngest count
    assert casting.cover_days == Fraction(200, 3)
    assert (spindle.requalification_days, casting.requalification_days) == (40, None)
    assert spindle.countries == ("CN", "DE", "JP")
    assert spindle.contract_end == dt.date(2026, 12, 31)
    assert (spindle.owner, spindle.action) == ("Li Wei", "qualify borr")
    margin = found.margin_figure(spindle)
    assert (margin.indicator.unit, margin.coverage) == ("EUR", 1)
    assert margin.vintage == "as of 2026-02-28"
    assert found.cover_figure(casting).value == casting.cover_days


def test_what_changed_is_named_by_field(tmp_path: Path) -> None:
    before = write_tables(tmp_path / "before")
    after = write_tables(
        tmp_path / "after",
        stock=TABLES["stock"].replace("spindle,50", "spindle,30"),
        # borr does not offer spindles any more; bearings lose their second supplier
        sourcing=TABLES["sourcing"]
        .replace("spindle,borr,borr-1,0,10,9900.00,,no,40,\n", "")
        .replace("acme-1,0.4", "acme-1,0")
        .replace("38.00,,yes", "38.00,,no")
        .replace("borr-1,0.6", "borr-1,1")
        .replace("2026-12-31", "2027-12-31")
        .replace("casting,cast,cast-1,1,30,700.00,,yes", "casting,cast,cast-1,1,30,700.00,,yes"),
    )
    found = register(after, before)
    assert found.changes == [
        Change("bearing", "new"),
        Change("spindle", "worse", "requalification_days", "40", ""),
        Change("spindle", "worse", "cover_days", "20", "12"),
        Change("spindle", "better", "contract_end", "2026-12-31", "2027-12-31"),
    ]
    assert Change("bearing", "gone") in (register(before, after).changes or [])
    assert register(before, before).changes == []


def test_the_command_shows_the_register(tmp_path: Path) -> None:
    source = str(write_tables(tmp_path))
    shown = CliRunner().invoke(app, ["valuechain", "register", source, "--before", source])
    assert "208,253.50" in shown.output
    assert "what changed: none" in shown.output
    written = CliRunner().invoke(app, ["valuechain", "register", source, "--json"])
    first = json.loads(written.output)["dependencies"][0]
    assert (first["item"], first["margin_per_week"]) == ("spindle", "416507/2")
    (tmp_path / "lines.csv").unlink()
    refused = CliRunner().invoke(app, ["valuechain", "register", source])
    assert refused.exit_code == 2
    assert "lines.csv" in refused.output
