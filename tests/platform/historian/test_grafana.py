"""Dashboards: the contract of the JSON data sources, and the dashboard that we ship."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import RefusalDetail
from lineshaft.platform.historian.api import PREFIX
from lineshaft.platform.historian.api.grafana import TARGETS_MAX
from tests.platform.historian.asking import Desk, desk_of
from tests.platform.historian.house import SECOND, START, House, Source

DASHBOARD = json.loads(
    (Path(__file__).parents[3] / "examples" / "grafana" / "machine.json").read_text()
)
RANGE = {"from": "2027-03-01T00:00:00.000Z", "to": "2027-03-01T01:00:00.000Z"}
VALUES = {
    "${__from:date:iso}": RANGE["from"],
    "${__to:date:iso}": RANGE["to"],
    "${machine}": "m1",
    "${signal}": "m1/s0",
}
MS = START // 1_000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    house, source = House(tmp_path_factory.mktemp("grafana")), Source()
    source.fill(segments=3)
    source.add("m1/s0", START + 70 * SECOND, None, None, text="READY")
    refused = RefusalDetail.of("no number", b"12,5")
    kind = RecordKind.REFUSAL
    source.add("m1/$refused", START + SECOND, None, kind=kind, text=refused.encode())
    source.seal()
    house.store(source)
    return desk_of(house)


# ---- the contract


async def test_the_connection_is_tested(desk: Desk) -> None:
    for path in ("/grafana", "/grafana/"):
        assert (await desk.get(path)).status_code == 200
        assert (await desk.get(path, token="nobody")).status_code == 401


async def test_metrics_and_search_name_the_signals(desk: Desk) -> None:
    signals = ["m1/$refused", "m1/s0", "m1/s1", "m1/s2"]
    metrics = (await desk.post("/grafana/metrics", {})).json()
    assert [one["value"] for one in metrics] == signals
    assert metrics[0]["payloads"][0]["name"] == "function"
    assert (await desk.post("/grafana/search", {"target": ""})).json() == signals


def panel(*targets: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A body as the data source sends it, with what we do not need."""
    asked = [{"refId": "A", "type": "timeserie"} | target for target in targets]
    raw = {"from": "now-1h", "to": "now"}
    return {
        "panelId": 1,
        "range": RANGE | {"raw": raw},
        "rangeRaw": raw,
        "interval": "30s",
        "intervalMs": 30_000,
        "maxDataPoints": 550,
        "targets": asked,
        "adhocFilters": [],
        "scopedVars": {"__interval": {"text": "1s", "value": "1s"}},
    } | more


async def test_a_panel_gets_value_and_milliseconds(desk: Desk) -> None:
    mean, least = {"target": "m1/s0"}, {"target": "m1/s0", "payload": {"function": "min"}}
    answer = (await desk.post("/grafana/query", panel(mean, least, maxDataPoints=1))).json()
    assert answer[0]["target"] == "m1/s0"
    ((value, at),) = answer[0]["datapoints"]
    assert (round(value, 4), at) == (0.1495, MS)
    assert answer[1]["datapoints"] == [[-0.05, MS]]
    line = {"target": "m1/s0", "payload": {"function": "lttb"}}
    (drawn,) = (await desk.post("/grafana/query", panel(line))).json()
    assert drawn["datapoints"][0] == [-0.05, MS]
    assert len(drawn["datapoints"]) == 20


async def test_refusals_as_a_table_and_as_marks(desk: Desk) -> None:
    target = {"target": "m1", "payload": {"function": "refusals"}}
    (table,) = (await desk.post("/grafana/query", panel(target))).json()
    assert [column["text"] for column in table["columns"]] == ["Time", "Signal", "Reason", "Known"]
    assert table["rows"][0][:3] == [MS + 1_000, "m1/$refused", "no number"]
    asked = {"range": RANGE, "annotation": {"name": "refusals", "query": "m1", "enable": True}}
    (mark,) = (await desk.post("/grafana/annotations", asked)).json()
    assert mark == {
        "time": MS + 1_000,
        "title": "refused: m1/$refused",
        "text": "no number",
        "tags": ["refusal", "m1"],
    }


async def test_a_panel_without_a_target_is_empty_and_one_with_too_many_refused(desk: Desk) -> None:
    assert (await desk.post("/grafana/query", panel({}))).json() == []
    many = [{"target": "m1/s0"}] * TARGETS_MAX
    assert (await desk.post("/grafana/query", panel(*many))).status_code == 200
    assert (await desk.post("/grafana/query", panel(*many, {}))).status_code == 422


async def test_variables(desk: Desk) -> None:
    machines = (await desk.post("/grafana/variable", {"payload": {}})).json()
    assert machines == [{"text": "m1", "value": "m1", "__text": "m1", "__value": "m1"}]


# ---- the dashboard that we ship


def targets() -> Iterator[Any]:
    for variable in DASHBOARD["templating"]["list"]:
        name = f"variable {variable['name']}"
        yield pytest.param(variable["query"]["infinityQuery"], id=name)
    for annotation in DASHBOARD["annotations"]["list"]:
        yield pytest.param(annotation["target"], id=annotation["name"])
    for one in DASHBOARD["panels"]:
        for target in one["targets"]:
            yield pytest.param(target, id=one["title"])


def filled(text: str) -> str:
    for name, value in VALUES.items():
        text = text.replace(name, value)
    assert "${" not in text, text
    return text


@pytest.mark.parametrize("target", list(targets()))
async def test_every_target_of_the_dashboard_is_answered(
    desk: Desk, target: dict[str, Any]
) -> None:
    assert target["url"].startswith(PREFIX)
    asked = {one["key"]: filled(one["value"]) for one in target["url_options"]["params"]}
    answer = await desk.get(target["url"].removeprefix(PREFIX), **asked)
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    if target["root_selector"]:
        rows = rows[target["root_selector"]]
    assert rows
    for column in target["columns"]:
        values = [row[column["selector"]] for row in rows]
        assert any(value is not None for value in values), column
        if column["type"] == "number":
            assert all(isinstance(value, int | float) for value in values)
        if column["type"] == "timestamp":
            assert all(value.endswith("Z") for value in values)


def test_the_dashboard_uses_the_data_source_that_we_describe() -> None:
    text = (Path(__file__).parents[3] / "examples" / "grafana" / "datasource.yaml").read_text()
    sources = {target.values[0]["datasource"]["uid"] for target in targets()}
    kinds = {target.values[0]["datasource"]["type"] for target in targets()}
    assert sources == {"lineshaft"}
    assert "uid: lineshaft\n" in text
    assert f"type: {kinds.pop()}\n" in text
