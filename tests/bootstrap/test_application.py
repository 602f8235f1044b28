"""The builder: everything from settings, on both databases, and again on what is there."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from lineshaft import __version__
from lineshaft.bootstrap.adapters import StoredLatest
from lineshaft.bootstrap.application import Application, build
from lineshaft.bootstrap.edge_plant import take_plant
from lineshaft.bootstrap.node_plans import node_plans_path, read_node_plan, write_node_plans
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Invalid
from lineshaft.core.reading import SignalId, StatusCode
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.settings import load_settings
from lineshaft.network.connectors.model import ConnectorConfig
from lineshaft.plant.model import NodePlan
from lineshaft.plant.service import write_starter
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from tests.installation import NOW
from tests.platform.historian.house import Source, opened


@pytest.mark.both_engines
def test_a_plant_is_applied_and_billed_on_both_databases(
    database_url: str, tmp_path: Path, open_database: Callable[..., Database]
) -> None:
    settings = load_settings({}, data_dir=tmp_path / "data", database=database_url)
    write_starter(tmp_path / "plant")
    clock = ManualClock(NOW)
    made = build(settings, clock=clock)
    made.plant.apply(LOCAL_OPERATOR, tmp_path / "plant")
    made.database.close()
    again = build(settings, clock=clock)
    try:
        assert again.plant.plan(LOCAL_OPERATOR, tmp_path / "plant").is_empty
        record = again.contracts.contract(LOCAL_OPERATOR, "first-customer-milling")
        period = record.contract.billed_period(NOW - 10**12)
        issued = again.billing.issue(LOCAL_OPERATOR, record.contract.id, period)
        assert str(issued.gross) == "595.00 EUR"  # the base fee alone: no reading has come
        assert again.evidence.report(LOCAL_OPERATOR, issued.number).verdict
        assert again.audit.verify_chain(LOCAL_OPERATOR).is_sound
    finally:
        again.database.close()


def test_a_document_names_the_versions_that_computed_it(application: Application) -> None:
    engine = application.billing._parts.engine
    assert (engine.lineshaft, engine.tzdata) == (__version__, version("tzdata"))


def test_keys_are_made_once(data_dir: Path) -> None:
    settings = load_settings({}, data_dir=data_dir)
    first, second = build(settings), build(settings)
    try:
        assert first.keys.key_file() == second.keys.key_file()
    finally:
        first.database.close()
        second.database.close()


def test_an_edge_reads_what_apply_wrote(application: Application) -> None:
    settings = application.settings
    config = ConnectorConfig(id="c", kind="mtconnect", machine="mill", is_live=True, options={})
    plans = {"edge-1": NodePlan((config,), (SignalId("mill/x"),))}
    write_node_plans(settings, plans)
    assert read_node_plan(settings, "edge-1") == plans["edge-1"]
    assert read_node_plan(settings, "edge-2") == NodePlan((), ())
    before = node_plans_path(settings).stat()
    write_node_plans(settings, plans)
    assert node_plans_path(settings).stat().st_mtime_ns == before.st_mtime_ns
    assert before.st_mode & 0o777 == 0o600


def test_a_damaged_file_of_plans_says_what_to_do(application: Application) -> None:
    path = node_plans_path(application.settings)
    path.parent.mkdir(exist_ok=True)
    path.write_text("{")
    with pytest.raises(Invalid, match="run 'lineshaft apply' again"):
        read_node_plan(application.settings, "edge-1")


@pytest.mark.parametrize(
    ("fields", "display", "number"),
    [
        ({"mantissa": 1250, "exponent": -2}, "12.50", 12.5),
        ({"text": "ACTIVE"}, "ACTIVE", None),
        ({"mantissa": 1, "exponent": None}, "true", 1.0),
        ({"mantissa": 3, "exponent": None, "text": "OPEN"}, "OPEN", None),
        ({"status": StatusCode.BAD_NO_COMMUNICATION}, "", None),
    ],
)
def test_what_was_stored_before_shows_as_it_did(
    application: Application, fields: dict[str, object], display: str, number: float | None
) -> None:
    source = Source()
    record = {"mantissa": None, "exponent": None} | fields
    mantissa, exponent = record.pop("mantissa"), record.pop("exponent")
    source.add("mill/x", NOW, mantissa, exponent, **record)
    committer = Committer(
        application.database,
        application.manifest,
        application.files,
        application.clock,
        floor_mb=0,
    )
    committer.commit(opened([source.seal()], source))
    latest = StoredLatest(application.historian)
    (entry,) = latest.latest(LOCAL_OPERATOR, [SignalId("mill/x")]).values()
    assert (entry.display, entry.number, entry.is_stored) == (display, number, True)


def test_an_edge_without_a_hub_takes_a_plant_directory(tmp_path: Path) -> None:
    write_starter(tmp_path / "plant")
    settings = load_settings({}, data_dir=tmp_path / "edge-data")
    take_plant(settings, tmp_path / "plant")
    node = read_node_plan(settings, "edge-1")
    assert [config.id for config in node.connectors] == ["mill-shdr"]
    assert node.metered_signals == ("mill/cut_time", "mill/execution")
    assert not (settings.data_dir / "hub.sqlite").exists()
    (tmp_path / "plant" / "plant.toml").write_text("[[machine]]\n")
    with pytest.raises(Invalid, match="missing required field"):
        take_plant(settings, tmp_path / "plant")
    assert read_node_plan(settings, "edge-1") == node
