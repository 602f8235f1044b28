"""The report of what the hub keeps: over HTTP, with the numbers of its own pages."""

from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.bootstrap.firm_parts import build_firm
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.report import api, service
from lineshaft.valuechain.report.errors import TooManyReports
from lineshaft.valuechain.report.model import ReportLanguage
from lineshaft.valuechain.report.service import KeptReports, ReportFormat, ReportParts
from lineshaft.valuechain.servitization.service import Servitization
from lineshaft.valuechain.supplynetwork.versions.service import NetworkParts, SupplyNetworks
from lineshaft.valuechain.supplynetwork.versions.store import SqlNetworkStore
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import FIRM_BOOKS, SUPPLY_NETWORK
from lineshaft.web import problems
from tests.valuechain.firm.test_firm import Hub
from tests.valuechain.report.test_report import AT, FIRM, OUTAGE
from tests.valuechain.supplynetwork.test_versions import NoContracts

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]


def build(database: Database) -> ReportParts:
    clock = ManualClock(AT)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    parts = VersionsParts(database=database, authorizer=authorizer, audit=audit, clock=clock)
    networks = SupplyNetworks(
        NetworkParts(
            database=database,
            versions=SqlVersionStore(SUPPLY_NETWORK),
            store=SqlNetworkStore(),
            authorizer=authorizer,
            audit=audit,
            clock=clock,
            contracts=NoContracts(),
        )
    )
    books, hub = FirmBooks(parts, SqlVersionStore(FIRM_BOOKS)), Hub()
    firm = build_firm(books, networks, Servitization(authorizer, hub), cast("Any", hub))
    return ReportParts(networks=networks, books=books, firm=firm, clock=clock)


async def test_it_says_what_is_missing_and_then_what_there_is(sqlite_database: Database) -> None:
    parts = build(sqlite_database)
    reports = KeptReports(parts)
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(reports, lambda _request: LOCAL_OPERATOR))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def get(query: str = "") -> Any:
            answer = await client.get(api.REPORT + query)
            assert answer.status_code == 200, answer.text
            return {each["id"]: each for each in answer.json()["sections"]}

        empty = await get()
        for name in ("register", "outage", "servitization", "channels", "smile", "quadrant"):
            assert empty[name]["missing"], name
        for folder in ("network-last-week", "network"):
            parts.networks.import_files(LOCAL_OPERATOR, FIRM / folder, None)
        parts.books.import_files(LOCAL_OPERATOR, FIRM / "books", None)
        parts.networks.save_scenario(LOCAL_OPERATOR, ("havelin", "Havelin"), OUTAGE)
        found = await get("?scenario=havelin&language=zh")
        assert (await client.get(f"{api.REPORT}?scenario=none")).status_code == 404
        assert (await client.get(f"{api.REPORT}?language=fr")).status_code == 422

    values = {each["label"]: each["value"] for each in found["summary"]["headlines"]}
    assert values["服务化收入占比"] == "145787/947412"
    assert values["费用最低的对策"] == "46000"
    assert len(found["register"]["tables"]) == 2
    assert found["quadrant"]["tables"]
    assert not found["outage"]["missing"]
    pages = [
        reports.file(LOCAL_OPERATOR, ReportLanguage.ENGLISH, "", ReportFormat.HTML)
        for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_who_may_not_read_its_parts_has_no_report(sqlite_database: Database) -> None:
    reports = KeptReports(build(sqlite_database))
    engineer = Actor("usr_e", Role.ENGINEER, None, "Erin")
    with pytest.raises(Forbidden):
        reports.report(engineer, ReportLanguage.ENGLISH)


def test_one_report_at_a_time(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS_MAX", 0.01)
    reports = KeptReports(build(sqlite_database))
    for _ in range(service.REPORTS_AT_ONCE_MAX):
        assert reports._turns.acquire(timeout=0)
    with pytest.raises(TooManyReports, match="at most that many"):
        reports.report(LOCAL_OPERATOR, ReportLanguage.ENGLISH)
