"""The Python client against a real server: tables, streams, refusals, broken connections."""

import datetime as dt
import io
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineshaft.client import Client, ExtraMissing, to_pandas, to_polars
from lineshaft.client import client as client_module
from lineshaft.client.connection import ATTEMPTS_MAX, WAIT_S_MAX
from lineshaft.core.errors import Invalid, Unauthorized, Unavailable
from lineshaft.platform.historian.api import answers
from lineshaft.platform.historian.queries import stream as stream_module
from tests.client.conftest import TOKEN, Breaking, Served, serving
from tests.platform.historian.asking import desk_of
from tests.platform.historian.house import START, House, Source

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

DAY = ("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z")


# ---- tables


def test_a_range(client: Client) -> None:
    table = client.range("m1/s0", *DAY)
    assert table.num_rows == 334
    first = table.slice(0, 1).to_pylist()[0]
    assert first["ts"] == dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    assert Decimal(first["mantissa"]).scaleb(first["exponent"]) == Decimal("-0.050")
    assert client.range("m1/none", *DAY).num_rows == 0


def test_moments_as_text_dates_and_microseconds(client: Client) -> None:
    start = dt.datetime(2027, 3, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert client.range("m1/s0", start, START + 30_000_000).num_rows == 10
    with pytest.raises(Invalid):
        client.range("m1/s0", dt.datetime(2027, 3, 1), DAY[1])


def test_latest_and_signals(client: Client) -> None:
    assert client.signals() == ["m1/$refused", "m1/s0", "m1/s1", "m1/s2", "m1/state"]
    assert client.signals("m2") == []
    assert client.latest(["m1/s0", "m1/none"]).column("signal").to_pylist() == ["m1/s0"]


def test_functions(client: Client) -> None:
    assert client.downsample("m1/s0", *DAY, points=24).num_rows == 1
    assert client.downsample("m1/s0", *DAY, points=50, method="lttb").num_rows == 50
    rise = client.aggregate(["m1/s0"], *DAY, "increase").to_pylist()
    assert rise == [{"signal": "m1/s0", "value": 6.993, "exact": "6993/1000"}]
    assert client.buckets(["m1/s0"], *DAY, 3_600_000).num_rows == 1
    grid = client.grid(["m1/s0", "m1/s1"], *DAY, 3_600_000, gap_max_ms=1_000)
    assert grid.column_names == ["ts", "m1/s0", "m1/s1"]
    assert client.sql("SELECT count(*) AS n FROM readings", ["m1"], *DAY).to_pylist() == [
        {"n": 1_001}
    ]


def test_refusals_over_several_pages(client: Client) -> None:
    reasons = [one["reason"] for one in client.refusals("m1", *DAY)]
    assert reasons == ["no number 0", "no number 1", "no number 2"]


def test_an_export(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "readings.parquet"
    client.export(["m1/s0", "m1/s1"], *DAY, path)
    assert pq.read_table(path).num_rows == 667
    assert [one.name for one in tmp_path.iterdir()] == ["readings.parquet"]


# ---- frames


def test_pandas_and_polars(client: Client) -> None:
    table = client.range("m1/s0", *DAY)
    assert to_pandas(table)["value"].iloc[0] == -0.05
    assert str(to_pandas(table)["ts"].dtype) == "datetime64[us, UTC]"
    assert to_polars(table)["value"][0] == -0.05


@pytest.mark.parametrize(("name", "convert"), [("pandas", to_pandas), ("polars", to_polars)])
def test_an_extra_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, convert: object
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExtraMissing, match=rf"lineshaft\[{name}\]"):
        convert(pa.table({}))


# ---- refusals and broken connections


def test_refusals_keep_their_kind(served: Served) -> None:
    with Client(served.url, "nobody") as stranger, pytest.raises(Unauthorized):
        stranger.latest(["m1/s0"])
    with Client(served.url, TOKEN) as client:
        with pytest.raises(Invalid, match="expected one SELECT"):
            client.sql("DROP TABLE readings", ["m1"], *DAY)
        with pytest.raises(Invalid):
            list(client.stream("nonsense", *DAY))


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have waited between attempts."""
    waited: list[float] = []
    monkeypatch.setattr(client_module.Connection.__init__, "__defaults__", (waited.append,))
    return waited


def test_attempts_are_bounded(served: Served, waits: list[float]) -> None:
    network = Breaking(unsent=ATTEMPTS_MAX - 1)
    with Client(served.url, TOKEN, transport=network) as client:
        assert client.latest(["m1/s0"]).num_rows == 1
    assert len(network.requests) == ATTEMPTS_MAX
    assert waits == [0.5, 1.0, 2.0]
    for ask in (lambda one: one.latest(["m1/s0"]), lambda one: one.range("m1/s0", *DAY)):
        network = Breaking(unsent=ATTEMPTS_MAX)
        with Client(served.url, TOKEN, transport=network) as client, pytest.raises(Unavailable):
            ask(client)
        assert len(network.requests) == ATTEMPTS_MAX
    assert max(waits) <= WAIT_S_MAX


def test_what_cannot_succeed_is_asked_once(served: Served, waits: list[float]) -> None:
    network = Breaking()
    with Client(served.url, TOKEN, transport=network) as client, pytest.raises(Invalid):
        client.latest(["nonsense"])
    assert (len(network.requests), waits) == (1, [])


@pytest.mark.parametrize("cut_at", [(1,), (1_500,), (9_000, 9_000), (30_000, 3_000, 20_000)])
def test_a_broken_stream_goes_on_behind_the_last_record(
    served: Served, waits: list[float], monkeypatch: pytest.MonkeyPatch, cut_at: tuple[int, ...]
) -> None:
    monkeypatch.setattr(stream_module, "PIECE_ROWS_MAX", 20)
    with Client(served.url, TOKEN) as client:
        whole = client.range("m1/s0", *DAY)
    network = Breaking(cut_at=cut_at)
    with Client(served.url, TOKEN, transport=network) as client:
        assert client.range("m1/s0", *DAY).equals(whole)
    assert len(network.requests) == len(cut_at) + 1
    known = {request.url.params.get("known_at") for request in network.requests[1:]}
    assert len(known) == 1


def test_a_stream_that_the_hub_cuts_is_never_taken_for_whole(
    served: Served, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub whose streams are over their time after the first chunk: the columns, without rows."""
    monkeypatch.setattr(answers.Streams.__init__, "__defaults__", (8, 0.0))
    desk = desk_of(served.house)
    with serving(desk) as url, Client(url, TOKEN) as client:
        with pytest.raises(Unavailable):
            client.range("m1/s0", *DAY)
        with pytest.raises(Unavailable):
            client.export(["m1/s0"], *DAY, served.house.directory / "cut.parquet")
    assert len(waits) == ATTEMPTS_MAX - 1


def test_a_stream_asks_for_so_many_records_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "ROWS_MAX", 100)
    network = Breaking()
    with Client(served.url, TOKEN, transport=network) as client:
        assert client.range("m1/s0", *DAY).num_rows == 334
    assert len(network.requests) == 4


def test_an_export_that_breaks_leaves_no_file(served: Served, tmp_path: Path) -> None:
    network = Breaking(cut_at=(100,))
    with Client(served.url, TOKEN, transport=network) as client, pytest.raises(Unavailable):
        client.export(["m1/s0"], *DAY, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_is_left_ends_at_the_hub(tmp_path: Path) -> None:
    house, source, late = House(tmp_path), Source(), Source("edge-8")
    source.fill(segments=50)
    late.add("m1/late", START, 1)
    late.seal()
    house.store(source)
    house.store(late)
    with serving(desk_of(house)) as url, Client(url, TOKEN) as client:
        batches = client.stream("m1/s0", *DAY)
        next(batches)
        batches.close()
        assert client.range("m1/late", *DAY).num_rows == 1


def test_the_token_is_not_shown() -> None:
    with Client("http://hub.test", "ls_secret") as client:
        assert "ls_secret" not in repr(client)
        assert "ls_secret" not in repr(vars(client))


def test_a_body_is_read_in_small_bites() -> None:
    class Answer:
        def iter_bytes(self, _size: int) -> object:
            return iter([b"abc", b"", b"defgh"])

    body = io.BufferedReader(client_module._Body(Answer()), 2)
    assert body.read(2) == b"ab"
    assert body.read(1) == b"c"
