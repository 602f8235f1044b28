"""The report's files and page over HTTP: as a page of its own, to keep, and for whom."""

from urllib.request import Request, urlopen

import pytest

from tests.web.doors import Served, ask, cookie_of

FILE, PAGE = "/files/valuechain/report", "/valuechain/report"
pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]


def test_the_files_and_who_may_have_them(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    page = ask(hub, "GET", f"{FILE}.html?language=zh", cookie=cookie)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-disposition"].startswith("inline")
    assert "价值链报告" in page.text
    with urlopen(Request(f"{hub.address}{FILE}.html", headers={"cookie": cookie})) as answer:
        policies = answer.headers.get_all("content-security-policy")
    assert any("default-src 'none'" in each and "sandbox" in each for each in policies)
    for ending, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        file = ask(hub, "GET", f"{FILE}.{ending}", cookie=cookie)
        assert file.status == 200
        assert file.body.startswith(start)
        assert file.headers["content-disposition"].startswith("attachment")
    assert ask(hub, "GET", f"{FILE}.html?language=fr", cookie=cookie).status == 422
    assert ask(hub, "GET", f"{FILE}.html?scenario=none", cookie=cookie).status == 404
    assert ask(hub, "GET", f"{FILE}.html").status == 303


def test_the_page_leads_to_the_files_and_refuses_whoever_may_not_read(hub: Served) -> None:
    page = ask(hub, "GET", PAGE, cookie=cookie_of(hub, "finance"))
    assert page.status == 200
    for ending in ("html", "pdf", "xlsx"):
        assert f"{FILE}.{ending}?language=en" in page.text
    for kind in ("engineer", "customer"):
        assert ask(hub, "GET", f"{FILE}.html", cookie=cookie_of(hub, kind)).status == 403
        said = ask(hub, "GET", PAGE, cookie=cookie_of(hub, kind)).text
        assert f"{FILE}.pdf" not in said
    token = f"Bearer {hub.prepared.engineer_token}"
    assert ask(hub, "GET", "/api/v1/valuechain/report", authorization=token).status == 403
