"""The page of the national paths: filters, files, the picture of actors, both languages."""

import io

import openpyxl
import pytest

from lineshaft.valuechain.paths.model import PATHS
from lineshaft.valuechain.paths.service import actors
from lineshaft.web.pages.valuechain.paths_graph import (
    BOX_HEIGHT,
    BOX_WIDTH,
    LINE_UNITS,
    lines_of,
    places_of,
)
from tests.web.conftest import Open
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look, violations

PAGE = "/valuechain/paths"


def test_boxes_do_not_overlap_and_arrows_lead_to_the_right() -> None:
    graph = actors()
    for path in PATHS:
        ids = {each.id for each in graph.nodes if each.path == path}
        links = [each for each in graph.links if each.source in ids]
        places = places_of(links)
        for one, (x, y) in places.items():
            for other, (a, b) in places.items():
                assert one == other or abs(x - a) >= BOX_WIDTH or abs(y - b) >= BOX_HEIGHT
        assert all(places[each.source][0] < places[each.target][0] for each in links)


def test_names_are_broken_between_words() -> None:
    for language in ("en", "zh-Hans"):
        for each in actors().nodes:
            lines = lines_of(each.name.of(language))
            assert len(lines) <= 2
            for line in lines:
                assert sum(1 if sign < "\u2e80" else 2 for sign in line) <= LINE_UNITS
                assert line[0] not in "，、）”"
    assert lines_of("德国信息技术和通信新媒体协会（BITKOM）") == [
        "德国信息技术和通信新媒体协会",
        "（BITKOM）",
    ]
    assert lines_of("Federal Ministry of Education and Research")[1] == "and Research"


@pytest.mark.browser
@pytest.mark.timeout(60)
def test_the_page_in_both_languages(hub: Served, open_page: Open) -> None:
    page = open_page("finance", f"{PAGE}?path=china&axis=actor&type=government")
    assert page.get_by_role("table", name="Path beside path").locator("td").count() == 1
    assert "re-organised" not in page.get_by_role("table", name="Actors and links").inner_text()
    page = open_page("finance", f"{PAGE}?axis=base&type=bank")
    assert "No such record" in page.inner_text("main")

    page = open_page("finance", PAGE, width=390)
    table = page.get_by_role("table", name="Path beside path")
    assert "VDMA" not in table.inner_text()
    page.locator("input[name=paths-shown]").first.focus()
    page.keyboard.press("ArrowRight")
    assert "VDMA" in table.inner_text()
    assert "Intel" not in table.inner_text()
    event = page.get_by_role("list", name="Time line").locator("summary").filter(has_text="RAMI")
    assert event.count() == 0, "the paper gives it no year"
    event = page.get_by_role("list", name="Time line").get_by_text("High-Tech Strategy 2020")
    event.click()
    assert "黄群 2011" in page.get_by_role("list", name="Time line").inner_text()
    page.locator("a[href='#actor-de-platform']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("tr#actor-de-platform:target")

    page = open_page("finance", PAGE, "zh-Hans")
    for width in (390, 1280):
        look(page, width, "paths-zh-Hans")
    assert violations(page) == []
    page.evaluate(REMOVE_ENGLISH)
    assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []


@pytest.mark.browser
@pytest.mark.timeout(60)
def test_files_and_who_may_have_them(hub: Served) -> None:
    files = "/files/valuechain/paths"
    cookie = cookie_of(hub, "finance")
    book = ask(hub, "GET", f"{files}/records.xlsx?path=germany&axis=policy", cookie=cookie)
    sheet = openpyxl.load_workbook(io.BytesIO(book.body)).active
    assert sheet is not None
    assert sheet.max_row == 1 + 3
    spoken = f"{cookie}; lineshaft_language=zh-Hans"
    assert "高科技战略" in ask(hub, "GET", f"{files}/events.csv", cookie=spoken).text
    for name, said in (("links", "Intel"), ("corrections", "27 March 2014")):
        assert said in ask(hub, "GET", f"{files}/{name}.csv", cookie=cookie).text
    assert ask(hub, "GET", f"{files}/records.csv?axis=score", cookie=cookie).status == 422
    for path in (PAGE, f"{files}/records.csv"):
        assert ask(hub, "GET", path, cookie=cookie_of(hub, "customer")).status == 403
