"""Plan says, apply does: all or nothing in the reading, again changes nothing, history stays."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.backfill_program import declared_texts
from lineshaft.bootstrap.node_plans import read_node_plan
from lineshaft.core.errors import Forbidden
from lineshaft.network.connectors.service import describe_signals
from lineshaft.plant.errors import PlantExists, PlantInvalid
from lineshaft.plant.model import Action, Change, Difference, compare
from lineshaft.plant.service import declared_node_plans, write_starter
from lineshaft.platform.historian.retention.model import RetentionRule
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role

ENGINEER = Actor("usr_e", Role.ENGINEER, None, "Emil")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fiona")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "first-customer", "Carla")
STARTER = [
    ("organisation", "our-company"),
    ("organisation", "first-customer"),
    ("machine", "mill"),
    ("connector", "mill-shdr"),
    ("offering", "milling-by-the-hour"),
    ("contract", "first-customer-milling"),
]
Replace = Callable[..., Path]


def actions(application: Application, directory: Path) -> dict[tuple[str, str, int | None], Action]:
    plan = application.plant.plan(LOCAL_OPERATOR, directory)
    return {(c.kind, c.id, c.version): c.action for c in plan.changes}


def changes(application: Application, directory: Path) -> list[tuple[str, Action]]:
    found = actions(application, directory)
    return [(id_, action) for (_, id_, _), action in found.items() if action is not Action.KEEP]


def test_the_starter_applies_cleanly_and_once(application: Application, starter: Path) -> None:
    plant = application.plant
    planned = plant.plan(LOCAL_OPERATOR, starter)
    assert [(c.kind, c.id) for c in planned.changes] == STARTER
    assert planned.count(Action.CREATE) == len(STARTER)
    assert application.twin.machines(LOCAL_OPERATOR) == []
    seen: list[Change] = []
    applied = plant.apply(LOCAL_OPERATOR, starter, seen.append)
    assert applied == planned
    assert tuple(seen) == applied.changes
    again = plant.apply(LOCAL_OPERATOR, starter, seen.append)
    assert again.is_empty
    assert len(seen) == len(STARTER)


def test_an_event_without_a_unit_is_no_number(application: Application, starter: Path) -> None:
    text = (
        '[[machine]]\nid = "saw"\nname = "Saw"\n'
        '[[machine.signal]]\nname = "state"\ncategory = "EVENT"\n'
        '[[machine.signal]]\nname = "parts"\ncategory = "EVENT"\nunit = "C62"\n'
        '[[machine.signal]]\nname = "power"\nunit = "KWT"\n'
    )
    (starter / "saw.toml").write_text(text, encoding="utf-8")
    application.plant.apply(LOCAL_OPERATOR, starter)
    declared = declared_texts(application.settings)
    assert {id_: kind for id_, kind in declared.items() if id_.startswith("saw/")} == {
        "saw/state": "text"
    }


def test_what_is_applied_is_there(application: Application, starter: Path) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    machine = application.twin.machine(LOCAL_OPERATOR, "mill")
    signals = {signal.name: signal for signal in machine.signals}
    assert signals["cut_time"].unit == "SEC"
    assert signals["cut_time"].titled("zh-Hans") == "切削时间"
    assert signals["spindle_speed"].unit == "RPM"
    assert not signals["execution"].is_numeric
    record = application.contracts.contract(LOCAL_OPERATOR, "first-customer-milling")
    assert record.activated_at is not None
    assert record.contract.start == "2026-12-31T23:00:00Z"
    assert application.authorizer.visible_machines(CUSTOMER) == {"mill"}
    node = read_node_plan(application.settings, "edge-1")
    assert node.metered_signals == ("mill/cut_time", "mill/execution")
    kept = Path(node.connectors[0].options["devices"])
    assert kept.parent == application.settings.data_dir / "plant"
    assert kept.read_bytes() == (starter / "Devices.xml").read_bytes()
    assert read_node_plan(application.settings, "edge-9").connectors == ()


def test_the_plant_directory_may_vanish(application: Application, starter: Path) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    (starter / "Devices.xml").unlink()
    config = read_node_plan(application.settings, "edge-1").connectors[0]
    assert len(describe_signals(config)) == 4


def test_a_changed_field_is_shown_and_made(application: Application, replace: Replace) -> None:
    directory = replace("M 1", "M 1")
    application.plant.apply(LOCAL_OPERATOR, directory)
    replace('model = "M 1"', 'model = "M 2"')
    planned = application.plant.plan(LOCAL_OPERATOR, directory)
    (change,) = [c for c in planned.changes if c.action is Action.UPDATE]
    assert change.differences == (Difference("model", "M 1", "M 2"),)
    application.plant.apply(LOCAL_OPERATOR, directory)
    assert application.twin.machine(LOCAL_OPERATOR, "mill").model == "M 2"


def test_a_changed_device_file_changes_machine_and_connector(
    application: Application, replace: Replace
) -> None:
    directory = replace('name="avail"', 'name="avail"', "Devices.xml")
    application.plant.apply(LOCAL_OPERATOR, directory)
    replace('name="avail"', 'name="available"', "Devices.xml")
    assert changes(application, directory) == [
        ("mill", Action.UPDATE),
        ("mill-shdr", Action.UPDATE),
    ]
    application.plant.apply(LOCAL_OPERATOR, directory)
    assert changes(application, directory) == []
    assert len(list((application.settings.data_dir / "plant").iterdir())) == 2


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("unit_price = 30.00", "unit_price = 31.00", "offering 'milling-by-the-hour' version 1"),
        ('invoice_series = "LS"', 'invoice_series = "LT"', "invoice_series"),
    ],
)
def test_what_was_agreed_never_changes(
    application: Application, replace: Replace, before: str, after: str, field: str
) -> None:
    directory = replace(before, before)
    application.plant.apply(LOCAL_OPERATOR, directory)
    replace(before, after)
    with pytest.raises(PlantInvalid, match=field) as caught:
        application.plant.plan(LOCAL_OPERATOR, directory)
    assert "declare the next version" in str(caught.value)


def offering_2(directory: Path) -> None:
    """Declare a dearer second version beside the first one."""
    text = (directory / "plant.toml").read_text(encoding="utf-8")
    block = text[text.index("[[offering]]") : text.index("# ---- To whom")]
    block = block.replace("version = 1 ", "version = 2 ", 1).replace("30.00", "33.00")
    (directory / "v2.toml").write_text(block, encoding="utf-8")


def test_a_second_version_stands_beside_the_first(
    application: Application, starter: Path, replace: Replace
) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    offering_2(starter)
    assert changes(application, starter) == [("milling-by-the-hour", Action.CREATE)]
    application.plant.apply(LOCAL_OPERATOR, starter)
    assert changes(application, starter) == []
    # The contract may stay on the first, or its next version takes the second.
    replace(
        'version = 1\noffering = { id = "milling-by-the-hour", version = 1 }',
        'version = 2\noffering = { id = "milling-by-the-hour", version = 2 }',
    )
    assert changes(application, starter) == [("first-customer-milling", Action.CREATE)]
    application.plant.apply(LOCAL_OPERATOR, starter)
    assert changes(application, starter) == []
    (starter / "v2.toml").unlink()
    with pytest.raises(PlantInvalid, match=r"version 2 of the offering.*expected one of: 1"):
        application.plant.plan(LOCAL_OPERATOR, starter)


def test_a_gap_between_versions_is_found_before_anything_changes(
    application: Application, replace: Replace
) -> None:
    directory = replace("version = 1 ", "version = 3 ")
    replace('milling-by-the-hour", version = 1', 'milling-by-the-hour", version = 3')
    with pytest.raises(PlantInvalid, match="expected version 2 first"):
        application.plant.apply(LOCAL_OPERATOR, directory)
    assert application.twin.machines(LOCAL_OPERATOR) == []


REFERENCES = [
    ('organisation = "our-company"', 'organisation = "nobody"', "organisation 'nobody'"),
    ('machine = "mill"', 'machine = "kiln"', "machine 'kiln': expected one of: mill"),
    ('supplier = "our-company-ltd"', 'supplier = "x"', "party 'x': expected one of"),
    ('machines = ["mill"]', 'machines = ["kiln"]', "machine 'kiln'"),
    (
        'offering = { id = "milling',
        'offering = { id = "drilling',
        "offering 'drilling-by-the-hour'",
    ),
    ('roles = ["equipment_maker"]', 'roles = ["king"]', "role 'king', expected"),
    ('kind = "mtconnect"', 'kind = "telepathy"', "no connector 'telepathy': expected mtconnect"),
    ('device = "mill" ', 'device = "kiln" ', "kiln"),
    ('devices = "Devices.xml" ', 'devices = "None.xml" ', "cannot read devices"),
    ("port = 7878", "port = 99999", "port"),
    ("port = 7878", "speed = 1", "speed"),
    ('source = "edge-1" ', 'source = "Edge One" ', "source id 'Edge One'"),
    ('id = "mill"\nname', 'id = "Mill!"\nname', "Mill!"),
    ('signal = "cut_time"', 'signal = "cut_tim"', "neither the device file nor the plant"),
    ('name = "cut_time"\nunit = "SEC"', 'name = "cut_time"', "unit of mill/cut_time is not known"),
    ('name = "cut_time"\nunit = "SEC"', 'name = "cut_time"\nunit = "MIN"', "cut_time is MIN"),
    ('name = "cut_time"\nunit = "SEC"', 'name = "cut_time"\nunit = "XXX"', "XXX"),
    ('start = "2027-01-01T00:00:00+01:00"', 'start = "soon"', "cannot read the instant 'soon'"),
    ('time_zone = "Europe/Berlin"', 'time_zone = "Mars/X"', "unknown time zone 'Mars/X'"),
]


@pytest.mark.parametrize(("before", "after", "message"), REFERENCES)
def test_a_wrong_reference_is_named_and_nothing_changes(
    untouched: Application, replace: Replace, before: str, after: str, message: str
) -> None:
    directory = replace(before, after)
    with pytest.raises(PlantInvalid, match=r"plant\.toml:\d+: ") as caught:
        untouched.plant.apply(LOCAL_OPERATOR, directory)
    assert message in str(caught.value)
    assert untouched.twin.machines(LOCAL_OPERATOR) == []
    assert untouched.identity.organisations(LOCAL_OPERATOR) == []
    assert not (untouched.settings.edge_dir / "nodes.json").exists()


def test_every_signal_of_a_meter_over_several_must_be_there(
    untouched: Application, replace: Replace
) -> None:
    replace('kind = "counter" ', 'kind = "good_count" ')
    directory = replace(
        'parameters = { rate_max = "1", resolution = "1" }',
        "parameters = { total = { rate_max = 1 }, rejects = { rate_max = 1 }, "
        'rejects_signal = "idle_time" }',
    )
    with pytest.raises(PlantInvalid, match=r"cut-time\.rejects' reads mill/idle_time, which"):
        untouched.plant.apply(LOCAL_OPERATOR, directory)


@pytest.mark.parametrize("actor", [ENGINEER, FINANCE, CUSTOMER], ids=lambda actor: actor.role)
def test_who_may_not_make_all_changes_makes_none(
    untouched: Application, starter: Path, actor: Actor
) -> None:
    if actor is CUSTOMER:
        with pytest.raises(Forbidden):
            untouched.plant.plan(actor, starter)
    with pytest.raises(Forbidden):
        untouched.plant.apply(actor, starter)
    assert untouched.twin.machines(LOCAL_OPERATOR) == []
    assert untouched.identity.organisations(LOCAL_OPERATOR) == []


def test_an_engineer_changes_machines_and_no_prices(
    application: Application, starter: Path, replace: Replace
) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    replace('model = "M 1"', 'model = "M 2"')
    application.plant.apply(ENGINEER, starter)
    assert application.twin.machine(LOCAL_OPERATOR, "mill").model == "M 2"
    offering_2(starter)
    with pytest.raises(Forbidden):
        application.plant.apply(ENGINEER, starter)
    assert application.contracts.offering(ENGINEER, "milling-by-the-hour").version == 1


def test_after_a_crash_it_goes_on_where_it_stopped(application: Application, starter: Path) -> None:
    class Crash(Exception):
        pass

    for stop_after in range(1, len(STARTER)):
        seen: list[Change] = []

        def until(change: Change, seen: list[Change] = seen) -> None:
            seen.append(change)
            raise Crash

        with pytest.raises(Crash):
            application.plant.apply(LOCAL_OPERATOR, starter, until)
        left = len(changes(application, starter))
        assert left == len(STARTER) - stop_after
    application.plant.apply(LOCAL_OPERATOR, starter)
    assert changes(application, starter) == []


def test_a_draft_is_put_in_force(application: Application, starter: Path) -> None:
    """As when a crash came between agreeing and activating."""
    other = starter / "contract.toml"
    text = (starter / "plant.toml").read_text(encoding="utf-8")
    block = text[text.index("[[contract]]") :]
    (starter / "plant.toml").write_text(text.replace(block, ""), encoding="utf-8")
    application.plant.apply(LOCAL_OPERATOR, starter)
    other.write_text(block, encoding="utf-8")
    planned = application.plant.plan(LOCAL_OPERATOR, starter)
    assert planned.count(Action.CREATE) == 1
    from lineshaft.services.contracts.model import Contract

    (content,) = [c.content for c in planned.changes if c.kind == "contract"]
    application.contracts.agree(LOCAL_OPERATOR, Contract.from_content(content["contract"]))
    (change,) = [
        c
        for c in application.plant.plan(LOCAL_OPERATOR, starter).changes
        if c.action is not Action.KEEP
    ]
    assert change.differences == (Difference("is_in_force", before=False, after=True),)
    application.plant.apply(LOCAL_OPERATOR, starter)
    record = application.contracts.contract(LOCAL_OPERATOR, "first-customer-milling")
    assert record.activated_at is not None


@pytest.mark.parametrize("seed", range(3))
def test_any_series_of_changes_ends_where_a_fresh_apply_does(
    application: Application, replace: Replace, seed: int
) -> None:
    """Property: after each apply the next one has nothing to do, whatever was there before."""
    rng, directory = random.Random(seed), replace("M 1", "M 1")
    fields = ["Milling machine", "M 1", "Hall 1", "First Customer", "7878"]
    for _ in range(6):
        old = rng.choice(fields)
        new = str(rng.randint(1_000, 60_000))
        text = (directory / "plant.toml").read_text(encoding="utf-8")
        text = text.replace(f'"{old}"', f'"{new}"').replace(f"port = {old}", f"port = {new}")
        (directory / "plant.toml").write_text(text, encoding="utf-8")
        fields[fields.index(old)] = new
        application.plant.apply(LOCAL_OPERATOR, directory)
        assert application.plant.plan(LOCAL_OPERATOR, directory).is_empty


def test_nothing_is_deleted(application: Application, starter: Path) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    (starter / "plant.toml").write_text('[[organisation]]\nid="x"\nname="X"\nroles=[]\n')
    application.plant.apply(LOCAL_OPERATOR, starter)
    assert [m.id for m in application.twin.machines(LOCAL_OPERATOR)] == ["mill"]
    assert read_node_plan(application.settings, "edge-1").connectors


def test_a_machine_without_a_hub_reads_the_same_plan(
    application: Application, starter: Path
) -> None:
    application.plant.apply(LOCAL_OPERATOR, starter)
    here = application.plant.node_plans(LOCAL_OPERATOR)["edge-1"]
    there = declared_node_plans(starter, describe_signals)["edge-1"]
    assert there.metered_signals == here.metered_signals
    (config,) = there.connectors
    assert config.options["devices"] == str(starter / "Devices.xml")
    options = config.options | {"devices": here.connectors[0].options["devices"]}
    assert changed(config, options=options) == here.connectors[0]


def test_the_starter_overwrites_nothing(starter: Path, tmp_path: Path) -> None:
    with pytest.raises(PlantExists, match=r"Devices\.xml, plant\.toml exist already"):
        write_starter(starter)
    (tmp_path / "file").touch()
    with pytest.raises(PlantExists, match="not a directory"):
        write_starter(tmp_path / "file")


def test_contents_are_compared_field_by_field() -> None:
    assert compare(None, {"a": 1}) == (Action.CREATE, ())
    assert compare({"a": 1}, {"a": 1}) == (Action.KEEP, ())
    before, after = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 4}, "e": 5}
    assert compare(before, after) == (
        Action.UPDATE,
        (Difference("a.c", 2, 4), Difference("d", 3, None), Difference("e", None, 5)),
    )


def test_rules_of_retention_are_planned_and_made(application: Application, starter: Path) -> None:
    rules = starter / "retention.toml"
    rules.write_text('[[retention]]\nsignals = "mill/*"\ndays = 400\n', encoding="utf-8")
    plan = application.plant.apply(LOCAL_OPERATOR, starter)
    assert [(c.id, c.action) for c in plan.changes if c.kind == "retention"] == [
        ("mill/*", Action.CREATE)
    ]
    assert application.retention.rules(LOCAL_OPERATOR) == [RetentionRule("mill/*", 400)]
    rules.write_text('[[retention]]\nsignals = "mill/*"\ndays = 30\n', encoding="utf-8")
    last = application.plant.plan(LOCAL_OPERATOR, starter).changes[-1]
    assert [(d.path, d.before, d.after) for d in last.differences] == [("days", 400, 30)]
    application.plant.apply(LOCAL_OPERATOR, starter)
    assert application.plant.plan(LOCAL_OPERATOR, starter).is_empty
    rules.write_text('[[retention]]\nsignals = "mill/*"\ndays = 0\n', encoding="utf-8")
    with pytest.raises(PlantInvalid, match="expected 1 to"):
        application.plant.plan(LOCAL_OPERATOR, starter)
