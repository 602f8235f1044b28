"""The page of the firm's books and its files; the hub of these tests has no books."""

import io
import zipfile
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from lineshaft.core.period import parse_instant
from lineshaft.valuechain.books.service import table_names
from lineshaft.valuechain.versions.model import KeptVersion
from lineshaft.web.pages.valuechain import books
from lineshaft.web.pages.valuechain.tabs import GROUPS, tabs
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.web.doors import Served, ask, cookie_of

PAGE, FILES = "/valuechain/books", "/files/valuechain/books"
EN, ZH = (Preferences(language, ZoneInfo("UTC")) for language in Language)
KEPT = KeptVersion(
    version=2,
    sha256="0123456789ab" + "0" * 52,
    size_bytes=2_500,
    rows={"revenue": 1_250, "activities": 9},
    as_of="2026-03",
    note="the first quarter",
    imported_at=parse_instant("2026-04-02T08:00:00Z"),
    imported_by="Fay",
)


def test_a_version_says_what_it_has_and_what_it_has_not() -> None:
    for reader, absent in ((EN, "not there"), (ZH, "没有")):
        shown = str(books.tables_of(reader, KEPT))
        assert shown.count(f">{absent}<") == len(table_names()) - 2
        assert "1,250" in shown
        assert f"{FILES}/revenue.xlsx?version=2" in shown
        assert f"{FILES}/hours.csv" not in shown
        assert shown.index("<code>activities") < shown.index("<code>installed_base")
    assert set(books.FEEDS) == set(table_names())


def test_who_imported_which_version_when_and_why() -> None:
    shown = str(books.versions_of(EN, [KEPT, replace(KEPT, version=1, note="")]))
    for said in ("2, imported", "Fay", "the first quarter", "1,259", "0123456789ab", "?version=1"):
        assert said in shown
    assert f"{FILES}.zip?version=2" in str(books.summary_of(EN, KEPT))


def test_each_page_stands_in_one_group_and_its_tabs_mark_it() -> None:
    for pages in GROUPS.values():
        for name, path in pages.items():
            shown = str(tabs(EN, name)[0])
            assert shown.count('aria-current="true"') == 2
            assert f'href="{path}"' in shown


@pytest.mark.browser
@pytest.mark.timeout(60)
def test_an_empty_hub_says_what_to_bring(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    empty = ask(hub, "GET", PAGE, cookie=cookie).text
    assert "No books yet" in empty
    assert "Machines of the firm" in empty
    sample = ask(hub, "GET", f"{FILES}-sample.zip", cookie=cookie).body
    assert zipfile.ZipFile(io.BytesIO(sample)).testzip() is None
    for name in (".zip", "/revenue.csv"):
        assert ask(hub, "GET", FILES + name, cookie=cookie).status == 404
    versions = ask(hub, "GET", f"{FILES}-versions.csv", cookie=cookie)
    assert "version,as_of" in versions.text
    for kind in ("engineer", "customer"):
        for path in (PAGE, f"{FILES}-sample.zip", f"{FILES}.zip"):
            assert ask(hub, "GET", path, cookie=cookie_of(hub, kind)).status == 403
