"""The picture of a network: its places, and that it stays small."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.promise_outage import network as bench_network
from lineshaft.cli.main import app
from lineshaft.valuechain.supplynetwork import picture as picture_module
from lineshaft.valuechain.supplynetwork.picture import picture
from tests.valuechain.supplynetwork.examples import write_tables


def test_the_command_writes_nodes_links_and_places(tmp_path: Path) -> None:
    written = CliRunner().invoke(app, ["valuechain", "picture", str(write_tables(tmp_path))])
    found = json.loads(written.output)
    nodes = {each["id"]: each for each in found["nodes"]}
    # countries, suppliers, bought items, the head, the machines, the lines
    assert {nodes[name]["column"] for name in ("0:CN", "1:acme", "2:spindle")} == {0, 1, 2}
    assert {nodes[name]["x"] for name in ("3:head", "4:mill", "5:mills")} == {"3/5", "4/5", "1"}
    assert nodes["2:spindle"]["margin_per_week"] == "416507/2"
    assert {"source": "0:CN", "target": "1:acme", "count": 2} in found["links"]
    assert found["places"][0] == {
        "country": "CN",
        "port": "Ningbo",
        "sites": 1,
        "margin_per_week": "406007/2",
    }


def test_a_large_network_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_module, "COLUMN_NODES_MAX", 10)
    found = picture(bench_network(items=500, suppliers=60))
    columns = [node["column"] for node in found["nodes"]]
    assert max(columns.count(column) for column in columns) == 10
    assert sum(node["count"] for node in found["nodes"] if node["column"] == 1) == 60
    assert found == picture(bench_network(items=500, suppliers=60))
