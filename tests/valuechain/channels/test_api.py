"""The channels over HTTP, of the example firm's books."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor
from lineshaft.valuechain.channels import api
from lineshaft.valuechain.channels.service import ChannelLedger, channels
from lineshaft.web import problems

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]
BOOKS = Path(__file__).parents[3] / "examples" / "spindle-works" / "books"


class Firm:
    """Reads the books once; the hub reads them by version."""

    def __init__(self) -> None:
        self._ledger = channels(BOOKS)

    def channels(
        self, actor: Actor, outcome: str = api.OUTCOME, version: int | None = None
    ) -> ChannelLedger:
        assert (actor, outcome, version) == (LOCAL_OPERATOR, api.OUTCOME, None)
        return self._ledger


async def test_the_channels_over_http() -> None:
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(Firm(), lambda _request: LOCAL_OPERATOR))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def get(path: str) -> Any:
            answer = await client.get(api.CHANNELS + path)
            assert answer.status_code == 200, answer.text
            return answer

        said = (await get("")).json()
        assert said["attribution"]["claim"] == "no_effect_shown"
        assert {"site": "goeppingen", "line": "mill-turn"} in said["places"]
        events = [each for each in said["figures"] if each["indicator"] == "roll_out_event"]
        assert [each["of"] for each in events][:2] == ["-6", "-5"]
        assert said["lines_count"] == 83
        page = (await get("/figures?site=goeppingen&line=mill-turn&size=2")).json()
        assert [each["line"] for each in page["figures"]] == ["mill-turn"] * 2
        assert page["next"] is not None
        text = (await get("/figures?site=&line=&format=csv")).text
        assert "substitution_effect" in text
        lines = (await get("/lines")).json()["lines"]
        assert {each["link"] for each in lines} >= {"metered", "no_usage_record"}
