"""`lineshaft webhook`: made, listed, paused, resumed, replayed, removed."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]
URL = "https://erp.example/hook"


def test_the_life_of_a_webhook(lineshaft: Run, data: Path) -> None:
    def invoke(*arguments: str) -> Outcome:
        return lineshaft(*arguments, "--data", data)

    made = invoke("webhook", "add", URL, "--kind", "InvoiceIssued")
    id_ = made.out.split("webhook  ")[1].split()[0]
    assert "secret   whsec_" in made.out
    (listed,) = invoke("webhook", "list", "--json").json["webhooks"]
    assert (listed["id"], listed["url"], listed["kinds"]) == (id_, URL, ["InvoiceIssued"])
    assert "paused" in invoke("webhook", "pause", id_).out
    assert "paused by operator" in invoke("webhook", "list").out
    assert "active" in invoke("webhook", "resume", id_).out
    assert invoke("webhook", "deliveries", id_).out == "deliveries: none\n"
    period = ("--start", "2027-01-01T00:00:00Z", "--end", "2027-02-01T00:00:00Z")
    assert "begin anew: 0" in invoke("webhook", "replay", id_, *period).out
    for wrong, code in (
        (("add", "http://127.0.0.1/"), 2),
        (("deliveries", id_, "--state", "lost"), 2),
        (("deliveries", id_, "--event", "evt_1"), 4),
        (("replay", id_), 2),
        (("replay", id_, "--event", "evt_1"), 4),
        (("pause", "whk_none"), 4),
    ):
        assert invoke("webhook", *wrong).exit_code == code, wrong
    assert "removed" in invoke("webhook", "remove", id_).out
    assert invoke("webhook", "list").out == "webhooks: none\n"
