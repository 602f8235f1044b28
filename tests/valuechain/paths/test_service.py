"""The views of the national paths, as use cases and as commands."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.valuechain.paths.errors import (
    UnknownActorType,
    UnknownAxis,
    UnknownLanguage,
    UnknownPath,
)
from lineshaft.valuechain.paths.model import AXES, PATHS, PathFilter
from lineshaft.valuechain.paths.service import (
    actor_rows,
    actors,
    compare,
    comparison_rows,
    corrections,
    link_rows,
    timeline,
)


def run(*arguments: str) -> str:
    shown = CliRunner().invoke(app, ["valuechain", "paths", *arguments])
    assert shown.exit_code == 0, shown.output
    return shown.output


def test_paths_stand_beside_each_other_by_axis() -> None:
    rows = compare()
    assert [row.axis for row in rows] == list(AXES)
    assert all(len(row.cells) == len(PATHS) for row in rows)
    (governance,) = compare(PathFilter(axes=("governance",)))
    assert [cell[0].id for cell in governance.cells] == [
        "us-large-firms",
        "de-guilds",
        "cn-officials-market",
    ]
    told = comparison_rows(rows, "zh-Hans")
    assert {"路径", "美国"} & {told[0]["path"]} == {"美国"}
    with pytest.raises(UnknownAxis, match="expected some of base"):
        compare(PathFilter(axes=("score",)))
    with pytest.raises(UnknownLanguage, match="zh-Hans"):
        comparison_rows(rows, "de")


def test_the_time_line_keeps_the_papers_year_beside_the_corrected_one() -> None:
    events = timeline()
    assert [each.year for each in events] == sorted(each.year for each in events)
    consortium = [(each.year, each.what) for each in events if each.record.id == "us-iic"]
    assert consortium == [(2012, "founded"), (2014, "corrected")]
    platform = [(each.year, each.what) for each in events if each.record.id == "de-platform"]
    assert platform == [(2013, "founded"), (2015, "reorganised")]


def test_the_graph_says_who_founded_what_and_which_link_is_contradicted() -> None:
    graph = actors()
    founders = {each.source for each in graph.links if each.target == "us-iic"}
    assert founders == {"us-ge", "us-ibm", "us-att", "us-cisco", "us-microsoft", "us-intel"}
    doubtful = {each.source for each in graph.links if each.contradicted_by}
    assert doubtful == {"us-microsoft"}
    assert {each.kind for each in graph.links} >= {"member_of", "founded", "funds", "standardises"}
    rows = {each["name"]: each for each in actor_rows(graph, "en")}
    assert rows["Plattform Industrie 4.0"]["reorganised"] == "2015"
    assert len(link_rows(graph, "zh-Hans")) == len(graph.links)
    only = actors(PathFilter(axes=("actor",)))
    names = {each.id for each in only.nodes}
    assert all(each.axis == "actor" for each in only.nodes)
    assert all({each.source, each.target} <= names for each in only.links)


def test_filters_by_path_axis_and_type() -> None:
    chinese = PathFilter(paths=("china",), axes=("policy", "instrument"))
    rows = compare(chinese)
    assert [row.axis for row in rows] == ["policy", "instrument"]
    assert all(row.cells[0] == row.cells[1] == () for row in rows)
    assert {each.record.path for each in timeline(chinese)} == {"china"}
    governments = actors(PathFilter(paths=("china",), types=("government",)))
    ends = {each for link in governments.links for each in (link.source, link.target)}
    assert ends == {"cn-caict", "cn-miit", "cn-regions", "cn-incentives"}
    assert "cn-state-council" in {each.id for each in governments.nodes}, "it acts on nothing here"
    for wrong, error in (
        (PathFilter(paths=("france",)), UnknownPath),
        (PathFilter(types=("score",)), UnknownActorType),
    ):
        with pytest.raises(error, match="expected some of"):
            timeline(wrong)


def test_sources_are_told_in_both_languages() -> None:
    alliance = next(each for each in actors().nodes if each.id == "cn-aii")
    assert alliance.evidence.told("en") == "Ma & Zhen, section 4; citing 科技日报, 2016-02-04"
    assert alliance.evidence.told("zh-Hans") == "Ma & Zhen，第4节；引自科技日报, 2016-02-04"
    intel = next(each for each in actors().nodes if each.id == "us-intel")
    assert intel.evidence.told("en").startswith("CED Magazine")


def test_corrections_keep_both_sources() -> None:
    by_id = {each.id: each for each in corrections()}
    assert set(by_id) == {
        "iic-founders",
        "aii-name",
        "developing-quarter",
        "manufacturing-exports",
        "thirty-seven-percent",
    }
    assert "26 %" in by_id["developing-quarter"].says.en
    assert "四分之一" in by_id["developing-quarter"].evidence.quote
    assert "iic-founders" not in {each.id for each in corrections(PathFilter(axes=("policy",)))}


def test_the_commands_show_write_and_refuse(tmp_path: Path) -> None:
    shown = run("compare", "--axis", "governance", "--language", "zh-Hans")
    assert "大公司治理模式" in shown
    assert "Governa" in run("compare", "--axis", "governance")
    assert "2014" in run("timeline", "--axis", "actor")
    content = json.loads(run("actors", "--json"))
    assert {"nodes", "links"} == set(content)
    assert "best" not in json.dumps(content)
    target = tmp_path / "paths.csv"
    run("compare", "--csv", str(target))
    rows = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    consortium = next(row for row in rows if "(IIC)" in row["name"])
    assert "Intel" in consortium["corrections"]
    assert run("timeline", "--csv", "-").startswith("year,event,axis,path,name")
    refused = CliRunner().invoke(app, ["valuechain", "paths", "compare", "--axis", "score"])
    assert refused.exit_code == 2
    assert "no axis is called score" in refused.output
