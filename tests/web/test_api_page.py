"""The page on the API: every example runs against a hub with the demo's machine."""

import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lineshaft.platform.historian.api import PREFIX
from lineshaft.platform.historian.api.answers import STREAM_S_MAX, STREAMS_MAX
from lineshaft.platform.historian.api.parameters import PAGE_ROWS_MAX, STREAM_ROWS_MAX
from lineshaft.platform.historian.queries.sql import QUERIES_MAX, READINGS_MAX, ROWS_MAX
from tests.web.doors import Served, ask

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_python_examples_run_one_after_the_other(
    hub: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINESHAFT_URL", hub.address)
    monkeypatch.setenv("LINESHAFT_TOKEN", hub.prepared.engineer_token)
    names: dict[str, object] = {}
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "docs/api.md", "exec"), names)
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["540 4943526.0", "12397", "540 records", "9 1357.000000000000000000"]
    names["hub"].close()


def test_the_requests_are_answered(hub: Served) -> None:
    lines = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
    asked = [shlex.split(line) for line in lines if line.startswith("curl ")]
    assert len(asked) == 8
    for words in asked:
        given = [words[i + 1].partition(": ") for i, word in enumerate(words) if word == "-H"]
        headers = {name.lower(): value for name, _, value in given}
        assert headers["authorization"] == "Bearer $LINESHAFT_TOKEN"
        headers["authorization"] = f"Bearer {hub.prepared.token}"
        sent = [words[i + 1] for i, word in enumerate(words) if word == "--json"]
        if sent:
            headers["content-type"] = "application/json"
        path = words[-1].removeprefix("$LINESHAFT_URL").replace("NUMBER", hub.prepared.number)
        answer = ask(hub, "POST" if sent else "GET", path, *sent, **headers)
        assert answer.status == 200, answer.text
        assert len(answer.body) > 50 or path.endswith("/letters")
    assert "letters" in json.loads(answer.body)


def test_the_requests_of_staff_are_answered(hub: Served) -> None:
    """An engineer estimates; a letter that is not due is refused with its reason."""
    statuses = []
    for language, text in BLOCKS:
        if language == "http" and text.startswith("PUT "):
            head, _, body = text.partition("\n\n")
            path = head.split()[1].replace("NUMBER", hub.prepared.number)
            headers = {
                "authorization": f"Bearer {hub.prepared.engineer_token}",
                "content-type": "application/json",
            }
            statuses.append((path.split("/")[3], ask(hub, "PUT", path, body, **headers).status))
    assert statuses == [("invoices", 404), ("estimates", 200)]


def test_every_question_that_is_named_exists(hub: Served) -> None:
    described = json.loads(ask(hub, "GET", "/openapi.json").body)["paths"]
    named = set(re.findall(rf"(?:GET|POST) ({PREFIX}/\w+)", PAGE))
    assert len(named) == 10
    assert named <= described.keys()
    assert {
        urlsplit(one).path for one in re.findall(r"`(?:GET )?(/api/\S+)`", PAGE)
    } <= described.keys()


def test_the_limits_are_those_of_the_code() -> None:
    for number in (PAGE_ROWS_MAX, STREAM_ROWS_MAX, READINGS_MAX, ROWS_MAX):
        assert f"{number:,}" in PAGE
    assert f"{STREAM_S_MAX:g} s" in PAGE
    assert f"{STREAMS_MAX} streams and {QUERIES_MAX} queries" in PAGE
