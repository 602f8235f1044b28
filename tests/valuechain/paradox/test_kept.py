"""A country's products by hand, from files and from what the hub keeps of them."""

import json
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from lineshaft.cli.main import app as app_of_commands
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.paradox import api
from lineshaft.valuechain.paradox.errors import ImporterUnknown, UnreadableTrade
from lineshaft.valuechain.paradox.kept.errors import TradeDamaged, TradeMissing
from lineshaft.valuechain.paradox.kept.service import KeptTrade, TradeFiles
from lineshaft.valuechain.paradox.products import CountryQuadrant
from lineshaft.valuechain.paradox.service import PlacedItem, country_products, firm_quadrant
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import WORLD_TRADE
from lineshaft.web import problems
from tests.valuechain.paradox.trades import Flow, write_baci

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

START = parse_instant("2026-03-02T08:00:00Z")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "org_c", "Cem")
EXAMPLE = Path(__file__).parents[3] / "examples" / "spindle-works"
DE, CN, US, FR = 276, 156, 842, 251
MAGNET, LATHE, BREAD = 850511, 845811, 190590


def year_rows(*, is_tied: bool) -> list[Flow]:
    """Germany buys magnets of China and sells some; lathes are its own; bread is anybody's."""
    magnets = (
        [(CN, DE, MAGNET, 9_000), (US, DE, MAGNET, 1_000)]
        if is_tied
        else [(country, DE, MAGNET, 2_500) for country in (CN, US, FR, 392)]
    )
    return [
        *magnets,
        (CN, US, MAGNET, 3_000),
        (DE, FR, MAGNET, 4_000),
        (DE, CN, LATHE, 6_000),
        (FR, DE, LATHE, 500),
        (FR, US, BREAD, 2_000),
        (US, FR, BREAD, 2_000),
        (US, DE, BREAD, 2_000),
        (CN, DE, BREAD, 2_000),
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five years; of the last two the magnets come from four countries alike."""
    folder = tmp_path_factory.mktemp("trade")
    return [
        write_baci(folder / f"BACI_HS17_Y{year}_V202401.csv", year, year_rows(is_tied=year < 2021))
        for year in range(2018, 2023)
    ]


def check_by_hand(found: CountryQuadrant) -> None:
    """Of 2018 to 2020."""
    magnet, lathe, bread = (
        next(each for each in found.points if each.product == f"{code:06}")
        for code in (MAGNET, LATHE, BREAD)
    )
    # All exports of a year: 31 500, of them 10 000 Germany's; of magnets 17 000 and 4 000.
    assert magnet.advantage.value == pytest.approx((4_000 / 10_000) / (17_000 / 31_500))
    assert lathe.advantage.value == pytest.approx((6_000 / 10_000) / (6_500 / 31_500))
    assert bread.advantage.value == 0
    # HHI 0.82 of the imports, (12^2 + 1 + 4^2)/17^2 of the exports, 10 000 over 4 000
    world = Fraction(12**2 + 1 + 4**2, 17**2)
    assert magnet.margin.value == pytest.approx(
        float(min(Fraction(82, 40), world / Fraction(2, 5)))
    )
    assert lathe.margin.value == pytest.approx(500 / 6_000)
    assert [each.quadrant for each in (magnet, lathe, bread)] == [
        "weak and dependent",
        "strong",
        "weak",
    ]
    assert (magnet.years, magnet.imports, magnet.exports) == ((2018, 2019, 2020), 30_000, 12_000)
    assert [each.product for each in found.listed.products] == [f"{MAGNET:06}"]
    assert found.listed.vintage == magnet.margin.vintage == "2018-2020"


def test_products_by_hand_from_files(files: list[Path]) -> None:
    check_by_hand(country_products(files[:3], DE))
    with pytest.raises(ImporterUnknown, match="999 trades nothing"):
        country_products(files[:3], 999)
    with pytest.raises(TooThin, match="3 years in a row, got 2018, 2019"):
        country_products(files[:2], DE)


def test_the_dual_paradox_and_how_long_it_stays(tmp_path: Path) -> None:
    """Until 2019 more magnets are sold: 17 000 of 35 000, in the world 56 000 of 129 500."""
    sold = {2018: 8_000, 2019: 8_000, 2020: 1_000, 2021: 1_000}
    files = []
    for year, dollars in sold.items():
        rows = [row for row in year_rows(is_tied=True) if row[:3] != (DE, FR, MAGNET)]
        path = tmp_path / f"BACI_HS17_Y{year}_V202401.csv"
        files.append(
            write_baci(path, year, [*rows, (DE, FR, MAGNET, dollars), (FR, CN, BREAD, 10_000)])
        )
    found = country_products(files[:3], DE)
    assert (found.points[0].product, found.points[0].quadrant) == (f"{MAGNET:06}", "dual paradox")
    advantage = found.points[0].advantage.value
    assert advantage == pytest.approx((17_000 / 35_000) / (56_000 / 129_500))
    assert "4 years" in found.dual_persistence[0].missing
    found = country_products(files, DE)
    assert found.points[0].quadrant == "weak and dependent"
    assert [each.value for each in found.dual_persistence] == [0]
    assert [each.value for each in found.listed.persistence] == [1]


def built(database: Database, folder: Path) -> KeptTrade:
    clock = ManualClock(START)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    parts = VersionsParts(database=database, authorizer=authorizer, audit=audit, clock=clock)
    return KeptTrade(parts, SqlVersionStore(WORLD_TRADE), folder / "kept")


def test_what_is_kept_says_the_same_as_the_files(
    sqlite_database: Database, files: list[Path], tmp_path: Path
) -> None:
    trade = built(sqlite_database, tmp_path)
    with pytest.raises(TradeMissing, match="trade keep FILE"):
        trade.country(FINANCE, DE)
    countries, products = tmp_path / "country_codes.csv", tmp_path / "product_codes.csv"
    countries.write_text("country_code,country_name\n276,Germany\n4,Nowhere\n", encoding="utf-8")
    products.write_text('code,description\n850511,"Magnets, of metal"\n', encoding="utf-8")
    given = TradeFiles(years=files[:3], countries=countries, products=products)
    assert trade.keep(LOCAL_OPERATOR, given).version == 1
    assert trade.keep(LOCAL_OPERATOR, given).version == 1, "the same again"
    shown = trade.country(FINANCE, DE)
    check_by_hand(shown.quadrant)
    assert shown.quadrant.points == country_products(files[:3], DE).points
    assert (shown.name, shown.version.countries[CN]) == ("Germany", "156")
    assert shown.version.products == {"850511": "Magnets, of metal"}
    with pytest.raises(ImporterUnknown, match="4 imports nothing"):
        trade.country(FINANCE, 4)

    assert trade.keep(LOCAL_OPERATOR, TradeFiles(years=files)).version == 2
    assert [each.as_of for each in trade.versions(FINANCE)] == ["2018-2022", "2018-2020"]
    assert trade.country(FINANCE, DE).quadrant.listed.products == ()
    assert [each.value for each in trade.country(FINANCE, DE).quadrant.listed.persistence] == [0, 0]
    assert trade.country(FINANCE, DE, 1).version.version == 1


def test_what_keeping_refuses(sqlite_database: Database, files: list[Path], tmp_path: Path) -> None:
    trade = built(sqlite_database, tmp_path)
    with pytest.raises(Forbidden):
        trade.versions(CUSTOMER)
    with pytest.raises(TooThin, match="3 years"):
        trade.keep(LOCAL_OPERATOR, TradeFiles(years=files[:2]))
    with pytest.raises(Invalid, match="without a gap"):
        trade.keep(LOCAL_OPERATOR, TradeFiles(years=[files[0], *files[2:4]]))
    with pytest.raises(UnreadableTrade, match="columns code and description"):
        trade.keep(LOCAL_OPERATOR, TradeFiles(years=files[:3], products=files[0]))
    trade.keep(LOCAL_OPERATOR, TradeFiles(years=files[:3]))
    for path in (tmp_path / "kept").glob("*.parquet"):
        path.unlink()
    with pytest.raises(TradeDamaged, match="keep the same files again"):
        trade.country(FINANCE, DE)
    assert trade.keep(LOCAL_OPERATOR, TradeFiles(years=files[:3])).version == 1
    assert trade.country(FINANCE, DE).name == "276"


class Firm:
    """Places the example firm's items; the hub reads them by version."""

    def items(
        self,
        actor: Actor,
        horizon_days: int = 180,
        version: int | None = None,
        network: int | None = None,
    ) -> list[PlacedItem]:
        assert (actor, version, network) == (FINANCE, None, None)
        return firm_quadrant(EXAMPLE / "network", horizon_days, books=EXAMPLE / "books")


async def test_dependence_over_http(
    sqlite_database: Database, files: list[Path], tmp_path: Path
) -> None:
    trade = built(sqlite_database, tmp_path)
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(Firm(), trade, lambda _request: FINANCE))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        assert (await client.get(f"{api.DEPENDENCE}/276")).status_code == 404
        trade.keep(LOCAL_OPERATOR, TradeFiles(years=files[:3]))
        items = (await client.get(api.DEPENDENCE)).json()["items"]
        assert [each["item"] for each in items if each["field"] == "dual paradox"] == [
            "tm-100",
            "tm-v5",
        ]
        assert items[0]["weakest"] == "guard"
        assert (await client.get(api.TRADE)).json()["trade"][0]["as_of"] == "2018-2020"
        said = (await client.get(f"{api.DEPENDENCE}/276")).json()
        assert (said["vintage"], said["listed_products"], said["fields"]["strong"]) == (
            "2018-2020",
            1,
            1,
        )
        assert "4 years" in said["dual_persistence"][0]["missing"]
        assert [each["product"] for each in said["listed"]] == [f"{MAGNET:06}"]
        text = (await client.get(f"{api.DEPENDENCE}/276/products?format=csv")).text
        assert text.count("\r\n") == 4
        assert (await client.get(f"{api.DEPENDENCE}/1000")).status_code == 422


@pytest.mark.usefixtures("sqlite_database")
def test_the_commands_keep_and_place(files: list[Path], tmp_path: Path) -> None:
    command = ["valuechain", "trade"]
    data = ["--data", str(tmp_path)]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app_of_commands, [*command, *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    given = [str(path) for path in files[:3]]
    assert "version 1 of the world trade: 2018-2020" in run("keep", *given, *data)
    assert "2018-2020" in run("list", *data)
    kept = json.loads(run("products", "--country", "276", "--json", *data))
    assert kept == json.loads(run("products", *given, "--country", "276", "--json"))
    assert kept["products"][0]["product"] == f"{MAGNET:06}"
    assert "1 of 3 imported products depended on" in run("products", "--country", "276", *data)
    assert run("products", "--country", "276", "--csv", *data).startswith("product,field,advantage")
