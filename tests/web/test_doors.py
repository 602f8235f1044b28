"""The doors of the web application, without a browser: signing in, files, API."""

import csv
import io
import json
import re
import socket
import struct
import time
from decimal import Decimal
from pathlib import Path

import nicegui
import pytest

from lineshaft.client import Client
from lineshaft.core.errors import Forbidden
from tests.web.doors import Served, ask, cookie_of, new_session_of, sign_in
from tests.web.hub import CONTRACT
from tests.web.walk import KINDS, OWN, REFUSED, WALK, path_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]


def test_nobody_gets_in_without_a_session(hub: Served) -> None:
    for path in ("/", "/machines/mazak01", "/people", "/nowhere", "/files/invoices/x/keys.json"):
        answer = ask(hub, "GET", path)
        assert answer.status == 303
        assert answer.headers["location"].startswith("/sign-in?next=")


def test_the_cookie_is_kept_from_scripts_and_other_sites(hub: Served) -> None:
    answer = sign_in(hub, "engineer")
    assert (answer.status, answer.headers["location"]) == (303, "/x")
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said


def test_a_form_of_another_site_is_refused(hub: Served) -> None:
    assert sign_in(hub, "engineer", origin="https://evil.example").status == 403
    answer = ask(hub, "POST", "/sign-out", "", origin="https://evil.example")
    assert answer.status == 403


def test_a_wrong_password_says_so_and_too_many_too(hub: Served) -> None:
    answers = [sign_in(hub, "nobody-here", "wrong") for _ in range(11)]
    assert {answer.status for answer in answers[:10]} == {401}
    assert "User name or password is wrong" in answers[0].text
    assert answers[10].status == 429
    assert answers[10].headers["retry-after"] == "60"


def test_signing_out_ends_the_session(hub: Served) -> None:
    cookie = f"lineshaft_session={new_session_of(hub, 'finance')}"
    assert ask(hub, "GET", "/account", cookie=cookie).status == 200
    assert ask(hub, "POST", "/sign-out", "", cookie=cookie).status == 303
    assert ask(hub, "GET", "/account", cookie=cookie).status == 303


def test_lists_of_finance_are_files_for_finance(hub: Served) -> None:
    cookies = {kind: cookie_of(hub, kind) for kind in ("finance", "customer")}
    close = "/files/finance/close.csv?month=2017-06"
    rows = ask(hub, "GET", close, cookie=cookies["finance"]).text.splitlines()
    assert len(rows) == 31
    (billed,) = [row.split(",") for row in rows if hub.prepared.number in row]
    assert {"issued", "handed_out"} & set(billed)
    owed = ask(hub, "GET", "/files/finance/receivables.csv", cookie=cookies["finance"]).text
    assert hub.prepared.number in owed
    late = ask(hub, "GET", "/files/finance/late.csv", cookie=cookies["finance"]).text
    header, *rows = late.splitlines()
    assert "document,contract" in header
    # another test of this hub may have recorded what makes the one document late
    assert {row.split(",")[0] for row in rows} <= {hub.prepared.number}
    documents = ask(hub, "GET", "/files/invoices.csv", cookie=cookies["customer"]).text
    assert [row.split(",")[0] for row in documents.splitlines()[1:]] == [hub.prepared.number]
    for name in ("finance/close", "finance/receivables", "finance/late", "finance/ledger"):
        path = f"/files/{name}.xlsx?month=2017-06"
        assert ask(hub, "GET", path, cookie=cookies["finance"]).body.startswith(b"PK"), name
    months = "first=2017-06&last=2017-06&by=contract"
    for name in ("profit", "profit-entries"):
        path = f"/files/{name}.xlsx?{months}"
        assert ask(hub, "GET", path, cookie=cookies["finance"]).body.startswith(b"PK"), name
    assert ask(hub, "GET", f"/files/profit.csv?{months}", cookie=cookies["customer"]).status == 403
    assert ask(hub, "GET", close, cookie=cookies["customer"]).status == 403
    assert ask(hub, "GET", f"{close}7", cookie=cookies["finance"]).status == 422


def test_the_time_line_of_a_guarantee_is_a_file_to_the_second(hub: Served) -> None:
    day = "start=2017-06-22T00:00:00Z&end=2017-06-23T00:00:00Z"
    path = f"/files/contracts/{CONTRACT}/timeline"
    cookie = cookie_of(hub, "customer")
    text = ask(hub, "GET", f"{path}.csv?{day}", cookie=cookie).text
    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == ["guarantee", "machine", "start", "end", "class", "seconds"]
    assert {row[1] for row in rows} == {"mazak01"}
    assert [row[2] for row in rows[1:]] == [row[3] for row in rows[:-1]]
    assert sum(Decimal(row[5]) for row in rows) == 86_400
    assert ask(hub, "GET", f"{path}.xlsx?{day}", cookie=cookie).body.startswith(b"PK")
    other = "/files/contracts/not-there/timeline.csv"
    assert ask(hub, "GET", f"{other}?{day}", cookie=cookie).status == 404


def test_nothing_is_loaded_from_elsewhere(hub: Served) -> None:
    answer = ask(hub, "GET", "/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http://" not in answer.text
    assert "https://" not in answer.text


def test_a_request_that_is_too_large_is_refused(hub: Served) -> None:
    assert ask(hub, "POST", "/sign-in", "x" * 70_000).status == 413


def test_the_files_of_an_invoice(hub: Served) -> None:
    cookie, number = cookie_of(hub, "customer"), hub.prepared.number
    path = f"/files/invoices/{number}"
    for name, start in (
        ("invoice.json", b'{"document":'),
        ("invoice.en.pdf", b"%PDF-"),
        ("invoice.zh-Hans.html", b"<!"),
        ("invoice.en.html.rendering.json", b'{"key_id":'),
        ("invoice.en.xml", b"<?xml"),
        ("invoice.zh-Hans.xml.rendering.json", b'{"key_id":'),
        ("evidence.json", b'{"'),
        ("keys.json", b'{"'),
    ):
        answer = ask(hub, "GET", f"{path}/{name}", cookie=cookie)
        assert answer.status == 200, name
        assert answer.body.startswith(start), name
        assert "attachment" in answer.headers["content-disposition"]
    assert ask(hub, "GET", f"{path}/passwd", cookie=cookie).status == 404
    engineer = cookie_of(hub, "engineer")
    assert ask(hub, "GET", f"{path}/invoice.json", cookie=engineer).status == 404


def test_readings_as_csv(hub: Served) -> None:
    cookie = cookie_of(hub, "customer")
    day = "from=2017-06-22T08:00:00Z&to=2017-06-22T08:10:00Z"
    path = f"/machines/mazak01/readings.csv?signal=cut_time&{day}"
    lines = ask(hub, "GET", path, cookie=cookie).body.decode("utf-8-sig").splitlines()
    assert lines[0] == "instant,value,unit,status,kind,source,epoch,record"
    assert lines[1] == "2017-06-22T08:00:00Z,4931129,s,0x00000000,reading,edge-1,1,1"
    assert len(lines) == 11
    before = "from=2016-06-22T08:00:00Z&to=2016-06-22T08:10:00Z"
    refused = f"/machines/mazak01/readings.csv?signal=cut_time&{before}"
    assert ask(hub, "GET", refused, cookie=cookie).status == 403


def test_the_api_wants_a_token(hub: Served) -> None:
    answer = ask(hub, "GET", "/api/v1/machines")
    assert answer.status == 401
    assert json.loads(answer.body)["error"] == "Unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert ask(hub, "GET", "/api/v1/machines", cookie=cookie_of(hub, "engineer")).status == 401
    bearer = f"Bearer {hub.prepared.token}"
    machines = json.loads(ask(hub, "GET", "/api/v1/machines", authorization=bearer).body)
    assert [machine["name"] for machine in machines["machines"]] == ["Mazak Integrex 100-IV"]
    number = hub.prepared.number
    invoices = json.loads(ask(hub, "GET", "/api/v1/invoices", authorization=bearer).body)
    assert [head["number"] for head in invoices["invoices"]] == [number]
    file = ask(hub, "GET", f"/api/v1/invoices/{number}", authorization=bearer)
    assert json.loads(file.body)["document"]["number"] == number
    pdf = ask(hub, "GET", f"/api/v1/invoices/{number}/invoice.en.pdf", authorization=bearer)
    assert pdf.body.startswith(b"%PDF-")
    missing = ask(hub, "GET", "/api/v1/nothing", authorization=bearer)
    assert (missing.status, json.loads(missing.body)["error"]) == (404, "NotFound")


def test_the_historian_answers_scripts(hub: Served) -> None:
    day = ("2017-06-22T08:00:00Z", "2017-06-22T09:00:00Z")
    with Client(hub.address, hub.prepared.token) as customer:
        assert "mazak01/cut_time" in customer.signals()
        assert customer.range("mazak01/cut_time", *day).num_rows == 60
        assert customer.sql("FROM readings LIMIT 3", ["mazak01"], *day).num_rows == 3
        with pytest.raises(Forbidden):
            customer.range("mazak01/cut_time", "2016-06-22T08:00:00Z", day[1])
    described = json.loads(ask(hub, "GET", "/openapi.json").body)
    assert "/api/v1/historian/readings" in described["paths"]
    missing = ask(hub, "DELETE", "/api/v1/historian/readings")
    assert missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", KINDS)
def test_each_page_opens_as_four_kinds_of_user(hub: Served, kind: str) -> None:
    for name in (*WALK, *OWN):
        answer = ask(hub, "GET", path_of(hub, name), cookie=cookie_of(hub, kind))
        is_refused = name in REFUSED.get(kind, set())
        assert (answer.status in {403, 404}) == is_refused, (name, answer.status)
        assert is_refused or answer.status == 200, name


def test_metrics_are_for_this_machine(hub: Served) -> None:
    assert b"lineshaft_authorisation_decisions" in ask(hub, "GET", "/metrics").body
    forwarded = ask(hub, "GET", "/metrics", x_forwarded_for="203.0.113.7")
    assert forwarded.status == 401


def test_health_says_what_is_wrong_to_whom_it_concerns(hub: Served) -> None:
    said = ask(hub, "GET", "/health")
    assert (said.status, json.loads(said.body)) == (200, {"ok": True})
    customer = f"Bearer {hub.prepared.token}"
    assert ask(hub, "GET", "/health", authorization=customer).status == 403
    assert ask(hub, "GET", "/health", authorization="Bearer nonsense").status == 401
    state = Path(hub.prepared.directory) / "run" / "supervisor.json"
    before = state.read_text()
    state.write_text(before.replace('"ready"', '"waiting"', 1))
    try:
        ill = wait_for_health(hub, 503)
        engineer = f"Bearer {hub.prepared.engineer_token}"
        told = ask(hub, "GET", "/health", authorization=engineer)
    finally:
        state.write_text(before)
    assert json.loads(ill) == {"ok": False}
    assert told.status == 503
    programs = json.loads(told.body)["programs"]
    assert [(each["name"], each["state"]) for each in programs if not each["ok"]] == [
        ("bus", "waiting")
    ]
    wait_for_health(hub, 200)


def wait_for_health(hub: Served, status: int) -> str:
    deadline = time.monotonic() + 20
    while (answer := ask(hub, "GET", "/health")).status != status:
        assert time.monotonic() < deadline, answer.body
        time.sleep(0.05)
    return answer.text


def test_a_browser_that_leaves_is_no_error(hub: Served) -> None:
    host, _, port = hub.address.removeprefix("http://").partition(":")
    path = f"/_nicegui/{nicegui.__version__}/static/nicegui.css"
    request = f"GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.sendall(request)
    assert ask(hub, "GET", path).status == 200
    log = (Path(hub.prepared.directory).parent / "log").read_text()
    assert not re.search("Traceback|No response returned", log)
