"""Owners and actions noted on the page; versions in memory; cures without the extra."""

import sqlite3
import sys
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from msgspec.structs import replace

from lineshaft.core.errors import Forbidden, Invalid, NotFound, PreconditionFailed, RateLimited
from lineshaft.core.period import US_PER_DAY
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor, Role
from lineshaft.valuechain.errors import ExtraMissing
from lineshaft.valuechain.supplynetwork.versions import api, caring, opened
from lineshaft.valuechain.supplynetwork.versions.care import Care
from lineshaft.web import problems
from lineshaft.web.pages.valuechain import outage
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.valuechain.supplynetwork.examples import TABLES
from tests.valuechain.supplynetwork.test_versions import ASKED, FINANCE, build, zipped

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

NOTED = Care("Zhang Min", "second mould", "2026-09-30")
AUDITOR = Actor("usr_a", Role.AUDITOR, None, "Aud")


@pytest.mark.both_engines
def test_owners_and_actions_are_noted_and_undone(database: Database) -> None:
    networks, clock = build(database)
    networks.import_upload(FINANCE, zipped(), None)
    clock.advance(8 * US_PER_DAY)

    def said(item: str = "casting") -> tuple[Any, ...]:
        rows = {row["item"]: row for row in networks.register(FINANCE).rows()}
        return tuple(rows[item][name] for name in ("owner", "action", "action_due_on"))

    assert said() == ("", "", None)
    networks.care.note(FINANCE, "casting", NOTED)
    networks.care.note(FINANCE, "casting", NOTED)
    assert [each.care for each in networks.care.notes(AUDITOR, "casting")] == [NOTED], "once"
    assert said() == ("Zhang Min", "second mould", "2026-09-30")
    more = TABLES["stock"].replace("spindle,50,", "spindle,60,")
    networks.import_upload(FINANCE, zipped(stock=more), None)
    assert said()[0] == "Zhang Min", "kept over versions"
    changed = [(row["item"], row["field"]) for row in networks.register(FINANCE).changed()]
    assert ("casting", "owner") in changed, "since last week"

    networks.care.note(FINANCE, "spindle", Care("Wu", "", ""))
    assert said("spindle") == ("Wu", "", None), "in place of the table owners"
    networks.care.undo(FINANCE, "spindle")
    assert said("spindle") == ("Li Wei", "qualify borr", "2026-06-30"), "as the files say"
    networks.care.undo(FINANCE, "spindle")
    assert said("spindle")[0] == "Wu"
    other = TABLES["sourcing"].replace("casting,cast,cast-1", "casting,borr,borr-1")
    networks.import_upload(FINANCE, zipped(stock=more, sourcing=other), None)
    assert said() == ("", "", None), "another supplier is another dependency"
    with pytest.raises(PreconditionFailed, match="nothing to undo"):
        networks.care.undo(FINANCE, "casting")
    with pytest.raises((sa.exc.DatabaseError, sqlite3.Error)), database.unit_of_work() as unit:
        unit.connection.execute(sa.text("DELETE FROM register_care"))


def test_what_is_no_note(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    networks, _ = build(sqlite_database)
    networks.import_upload(FINANCE, zipped(), None)
    with pytest.raises(NotFound, match="not in the register"):
        networks.care.note(FINANCE, "bearing", NOTED)
    with pytest.raises(Forbidden):
        networks.care.note(AUDITOR, "casting", NOTED)
    for owner, action, due in (("x" * 201, "", ""), ("Li", "x" * 501, ""), ("Li", "", "soon"),
                               (None, "look", "")):  # fmt: skip
        with pytest.raises(Invalid):
            Care(owner, action, due)
    monkeypatch.setattr(caring, "CARE_NOTES_MAX", 1)
    networks.care.note(FINANCE, "casting", NOTED)
    with pytest.raises(RateLimited, match="at most that many"):
        networks.care.undo(FINANCE, "casting")


async def test_notes_over_http(sqlite_database: Database) -> None:
    networks, _ = build(sqlite_database)
    networks.import_upload(FINANCE, zipped(), None)
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(networks, lambda _request: FINANCE))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        path = f"{api.ROOT}/register/casting/care"
        made = await client.put(path, json={"owner": "Zhang Min", "due_on": "2026-09-30"})
        assert made.json()["notes"][0]["noted_by"] == "Fay"
        assert (await client.put(path, json={"action": "look"})).status_code == 422
        assert (await client.put(path, json={"owner": 7})).status_code == 422
        assert (await client.get(path)).json() == made.json()
        rows = await client.get(f"{api.ROOT}/register?format=csv")
        assert "Zhang Min" in rows.text, "the export has it"


def test_versions_stay_in_memory_up_to_a_limit(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks, _ = build(sqlite_database)
    first = networks.import_upload(FINANCE, zipped(), None)
    more = TABLES["stock"].replace("spindle,50,", "spindle,60,")
    networks.import_upload(FINANCE, zipped(stock=more), None)
    shown = networks.register(FINANCE).register.network
    assert networks.register(FINANCE).register.network is shown, "read once"
    held = opened.OpenNetworks()
    read = networks._open(FINANCE, first)
    monkeypatch.setattr(opened, "OPEN_BYTES_MAX", first.size_bytes)
    second, third = (networks.versions(FINANCE)[0], networks.versions(FINANCE)[1])
    held.hold(first, read)
    held.hold(second, read)
    assert held.find(first) is read, "at the limit both stay"
    monkeypatch.setattr(opened, "OPEN_BYTES_MAX", first.size_bytes - 1)
    held.hold(third, read)
    assert held.find(second) is None, "beyond it only the one asked for last"


async def test_cures_without_the_extra_are_refused_with_its_name(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks, _ = build(sqlite_database)
    networks.import_upload(FINANCE, zipped(), None)
    for name in [name for name in sys.modules if name.partition(".")[0] == "ortools"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ortools", None)
    with pytest.raises(ExtraMissing) as refused:
        networks.what_if(FINANCE, ASKED)
    networks.what_if(FINANCE, replace(ASKED, lines=()))
    for language in Language:
        reader = Preferences(language, ZoneInfo("UTC"))
        assert "lineshaft[valuechain]" in str(outage.refused(reader, refused.value))
        assert "lineshaft[valuechain]" not in str(outage.refused(reader, NotFound("no line")))
