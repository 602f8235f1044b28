"""The historian over HTTP: formats, pages, limits, refusals, who may ask."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import Period, parse_instant
from lineshaft.core.reading import RecordKind
from lineshaft.core.segment.detail import CorrectionDetail, RefusalDetail
from lineshaft.platform.historian.api import readings
from lineshaft.platform.historian.api.csv_rows import csv_rows
from lineshaft.platform.historian.api.formats import AnswerFormat, chosen, csv_lines
from lineshaft.platform.historian.api.parameters import PAGE_ROWS_MAX, SIGNALS_MAX
from lineshaft.platform.historian.model import RANGE_SCHEMA
from lineshaft.platform.historian.queries import stream as stream_module
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from tests.platform.historian.asking import DAY, Desk, desk_of
from tests.platform.historian.house import ACTOR, HOUR, SECOND, START, House, Source, random_source

ADMINISTRATOR = Actor("usr_a", Role.ADMINISTRATOR, None, "Ada")
ENGINEER = Actor("usr_e", Role.ENGINEER, None, "Emil")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
CUSTOMER = Actor("usr_c", Role.CUSTOMER, "acme", "Cleo")
FIRST_HOUR = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-01T01:00:00Z"}
STAFF = {"administrator": ADMINISTRATOR, "engineer": ENGINEER, "finance": FINANCE}


def stored(directory: Path) -> House:
    """Records of every kind of one machine, beginning with the day."""
    house, source = House(directory), Source()
    source.fill(segments=3)
    source.add("m1/text", START, None, None, text="ACTIVE")
    source.add("m1/text", START + SECOND, 4, None, text="READY")
    source.add("m1/text", START + 2 * SECOND, 1, None)
    source.add("m1/text", START + 3 * SECOND, number=0.1)
    source.add("m1/text", START + 4 * SECOND, None, None, kind=RecordKind.STATUS, status=2**31)
    target = CorrectionDetail(source.name, 1, 61, "Ada", "misread")
    source.add("m1/text", START, 125, -1, kind=RecordKind.CORRECTION, text=target.encode())
    refused = RefusalDetail.of("no number", b"12,5")
    source.add("m1/$refused", START, None, kind=RecordKind.REFUSAL, text=refused.encode())
    source.seal()
    house.store(source)
    return house


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A store that no test writes to."""
    return stored(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def desk(shared: House) -> Desk:
    return desk_of(shared)


# ---- formats


async def test_readings_as_json_keep_their_digits(desk: Desk) -> None:
    answer = await desk.get("/readings", signal="m1/s0", limit=2, **DAY)
    assert answer.headers["content-type"] == "application/json"
    content = json.loads(answer.text, parse_float=Decimal)
    assert [str(row["value"]) for row in content["readings"]] == ["-0.050", "-0.029"]
    assert content["readings"][1] == {
        "signal": "m1/s0",
        "ts": "2027-03-01T00:00:03Z",
        "own_ts": None,
        "kind": "reading",
        "status": 0,
        "value": Decimal("-0.029"),
        "code": None,
        "detail": None,
        "source": "edge-1",
        "epoch": 1,
        "sequence": 4,
    }


async def test_every_kind_of_value_and_record(desk: Desk) -> None:
    answer = await desk.get("/readings", signal="m1/text", **DAY)
    rows = answer.json()["readings"]
    shown = [(row["kind"], row["value"], row["code"]) for row in rows]
    assert shown == [
        ("reading", "ACTIVE", None),
        ("correction", 12.5, None),
        ("reading", "READY", 4),
        ("reading", True, None),
        ("reading", 0.1, None),
        ("status", None, None),
    ]
    assert rows[1]["detail"] == {
        "source": "edge-1",
        "epoch": 1,
        "sequence": 61,
        "author": "Ada",
        "reason": "misread",
    }
    refused = (await desk.get("/readings", signal="m1/$refused", **DAY)).json()["readings"]
    assert refused[0]["detail"] == {"reason": "no number", "raw": b"12,5".hex(), "raw_size": 4}


async def test_readings_as_csv(desk: Desk) -> None:
    answer = await desk.get("/readings", accept="text/csv", signal="m1/s0", **DAY)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 20
    assert rows[0]["value"] == "-0.050"
    assert (rows[0]["ts"], rows[0]["sequence"]) == ("2027-03-01T00:00:00Z", "1")


async def test_readings_as_arrow(desk: Desk) -> None:
    answer = await desk.get("/readings", format="arrow", signal="m1/s0", **DAY)
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.field("ts").type == pa.timestamp("us", "UTC")
    assert table.column("mantissa").to_pylist()[:2] == [-50, -29]
    assert set(table.column("exponent").to_pylist()) == {-3}
    assert table.column("value").to_pylist()[:2] == [-0.05, -0.029]
    texts = await desk.get("/readings", format="arrow", signal="m1/text", **DAY)
    texts = pa.ipc.open_stream(texts.content).read_all()
    assert texts.column("kind").to_pylist()[1] == "correction"
    assert texts.column("text").to_pylist()[0] == "ACTIVE"


async def test_latest_in_every_format(desk: Desk) -> None:
    asked = {"signal": ["m1/s1", "m1/s2", "m1/unknown"]}
    answer = (await desk.get("/latest", **asked)).json()
    assert [row["signal"] for row in answer["readings"]] == ["m1/s1", "m1/s2"]
    assert answer["readings"][1]["value"] == 0.363
    table = pa.ipc.open_stream((await desk.get("/latest", format="arrow", **asked)).content)
    assert table.read_all().column("signal").to_pylist() == ["m1/s1", "m1/s2"]
    assert (await desk.get("/latest", format="csv", **asked)).text.count("\r\n") == 3


async def test_downsample_in_every_format(desk: Desk) -> None:
    asked = {"signal": "m1/s0", "points": 24} | DAY
    bucket = (await desk.get("/downsample", **asked)).json()["buckets"][0]
    assert (bucket["bucket_start"], bucket["count"]) == ("2027-03-01T00:00:00Z", 20)
    table = pa.ipc.open_stream((await desk.get("/downsample", format="arrow", **asked)).content)
    assert table.schema.field("bucket_start").type == pa.timestamp("us", "UTC")
    lines = (await desk.get("/downsample", format="csv", **asked)).text.splitlines()
    assert lines[0] == "bucket_start,min,max,mean,count"


async def test_a_line_of_few_points(desk: Desk) -> None:
    asked = {"signal": "m1/s0", "points": 3, "method": "lttb"} | DAY
    points = (await desk.get("/downsample", **asked)).json()["points"]
    assert [points[0]["ts"], points[-1]["ts"]] == ["2027-03-01T00:00:00Z", "2027-03-01T00:00:57Z"]
    assert len(points) == 3
    unknown = await desk.get("/downsample", **asked | {"signal": "m1/none"})
    assert unknown.json() == {"signal": "m1/none", "points": []}


async def test_aggregates_of_several_signals(desk: Desk) -> None:
    asked = {"signal": ["m1/s0", "m1/s1"]} | FIRST_HOUR
    rise = (await desk.get("/aggregates", function="increase", **asked)).json()["aggregates"]
    assert rise[0] == {"signal": "m1/s0", "value": 0.399, "exact": "399/1000"}
    mean = (await desk.get("/aggregates", function="mean", format="csv", **asked)).text
    assert mean.splitlines()[0] == "signal,value,exact"
    states = {"signal": "m1/text", "function": "durations"} | FIRST_HOUR
    found = (await desk.get("/aggregates", **states)).json()["aggregates"]
    assert {"signal": "m1/text", "state": "READY", "duration_us": 1_000_000} in found
    assert (await desk.get("/aggregates", function="median", **asked)).status_code == 422


async def test_buckets_and_a_grid_of_several_signals(desk: Desk) -> None:
    asked = {"signal": ["m1/s1", "m1/s0"]} | FIRST_HOUR
    answer = await desk.get("/buckets", width_ms=1_800_000, **asked)
    assert [(row["signal"], row["count"]) for row in answer.json()["buckets"]] == [
        ("m1/s1", 20),
        ("m1/s0", 20),
    ]
    arrow = await desk.get("/grid", step_ms=60_000, gap_max_ms=1_000, format="arrow", **asked)
    grid = pa.ipc.open_stream(arrow.content).read_all()
    assert grid.column_names == ["ts", "m1/s1", "m1/s0"]
    assert grid.num_rows == 60
    assert grid.column("m1/s0").to_pylist()[:2] == [-0.05, None]
    linear = {"step_ms": 1_000, "interpolation": "linear"} | asked
    rows = (await desk.get("/grid", **linear)).json()["rows"]
    assert rows[1]["m1/s0"] == pytest.approx(-0.043)
    too_fine = await desk.get("/grid", step_ms=1, **asked | {"end": "2028-03-01T00:00:00Z"})
    assert too_fine.status_code == 422


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", AnswerFormat.JSON),
        ("*/*", AnswerFormat.JSON),
        ("text/html, text/*;q=0.8, */*;q=0.1", AnswerFormat.CSV),
        ("text/csv;q=0.5, application/vnd.apache.arrow.stream", AnswerFormat.ARROW),
        ("text/csv;q=nonsense, application/json;q=0.1", AnswerFormat.JSON),
    ],
)
def test_the_format_follows_the_accept_header(accept: str, expected: AnswerFormat) -> None:
    assert chosen(None, accept) is expected
    assert chosen(AnswerFormat.CSV, accept) is AnswerFormat.CSV


async def test_a_format_that_we_do_not_write_is_refused(desk: Desk) -> None:
    answer = await desk.get("/readings", accept="image/png", signal="m1/s0", **DAY)
    assert (answer.status_code, answer.json()["error"]) == (422, "Invalid")


VALUES = st.one_of(
    st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-18, 18)).map(
        lambda one: {"mantissa": one[0], "exponent": one[1]}
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda one: {"number": one}),
    st.booleans().map(lambda one: {"mantissa": int(one)}),
    st.text(max_size=8).map(lambda one: {"text": one}),
    st.tuples(st.integers(-9, 9), st.text(max_size=8)).map(
        lambda one: {"mantissa": one[0], "text": one[1]}
    ),
    st.just({"kind": RecordKind.STATUS, "status": 2**31}),
    st.just({"kind": RecordKind.REFUSAL, "text": RefusalDetail.of("no", b"x").encode()}),
)
NO_VALUE = dict.fromkeys(("own_ts", "mantissa", "exponent", "number", "text"))


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(VALUES, st.integers(-(10**15), 10**16), st.one_of(st.none(), st.just(5))),
        max_size=12,
    ),
    st.sampled_from(["edge-1", 'a"b,c']),
)
def test_columns_of_csv_are_the_texts_of_rows(
    drawn: list[tuple[dict[str, Any], int, int | None]], source: str
) -> None:
    rows = [
        NO_VALUE
        | {"ts": ts, "own_ts": own, "source": source, "epoch": 1, "sequence": 1, "ordinal": 1}
        | {"kind": RecordKind.READING, "status": 0}
        | value
        for value, ts, own in drawn
    ]
    table = pa.Table.from_pylist(rows, schema=RANGE_SCHEMA)
    signals = pa.array(["m/ö"] * len(rows), pa.string())
    told = readings.to_text(table, signals.to_pylist())
    assert csv_rows(table, signals) == csv_lines([], [list(row.values()) for row in told])


# ---- pages, knowledge time


async def test_pages_of_json_make_the_whole(desk: Desk) -> None:
    whole = (await desk.get("/readings", signal="m1/s0", **DAY)).json()["readings"]
    rows, asked = [], {"signal": "m1/s0", "limit": 7} | DAY
    while True:
        page = (await desk.get("/readings", **asked)).json()
        rows += page["readings"]
        if page["next"] is None:
            break
        asked["after"] = page["next"]
    assert rows == whole
    assert len(whole) == 20


async def test_pages_cut_between_records_of_one_instant(house: House) -> None:
    source = Source()
    for number in range(9):
        source.add("m1/s", START, number)
    source.seal()
    house.store(source)
    desk = desk_of(house)
    answer = (await desk.get("/readings", signal="m1/s", limit=4, **DAY)).json()
    assert answer["next"] == f"{START},edge-1,1,4"
    rest = (await desk.get("/readings", signal="m1/s", after=answer["next"], **DAY)).json()
    assert [row["sequence"] for row in rest["readings"]] == [5, 6, 7, 8, 9]
    assert rest["next"] is None


async def test_the_same_knowledge_gives_the_same_answer(tmp_path: Path) -> None:
    house = stored(tmp_path)
    desk = desk_of(house)
    before = await desk.get("/readings", signal="m1/s0", **DAY)
    known_at = before.headers["lineshaft-known-at"]
    late = Source("edge-2")
    late.add("m1/s0", START + SECOND, 1)
    late.seal()
    house.store(late)
    asked = {"signal": "m1/s0", "known_at": known_at} | DAY
    again = await desk.get("/readings", **asked)
    now = await desk.get("/readings", signal="m1/s0", **DAY)
    assert again.json()["readings"] == before.json()["readings"]
    assert len(now.json()["readings"]) == len(before.json()["readings"]) + 1


@pytest.mark.parametrize(("seed", "rows"), [(1, 1), (2, 7), (1, 100)])
async def test_a_stream_in_small_pieces_is_the_whole(
    house: House, monkeypatch: pytest.MonkeyPatch, seed: int, rows: int
) -> None:
    source = random_source(seed)
    house.store(source)
    desk = desk_of(house)
    span = {"start": "2027-02-01T00:00:00Z", "end": "2027-05-01T00:00:00Z"}
    whole = (await desk.get("/readings", signal="m1/a", format="csv", **span)).text
    monkeypatch.setattr(stream_module, "PIECE_ROWS_MAX", rows)
    monkeypatch.setattr(stream_module, "SPAN_ROWS", 3 * rows)
    assert (await desk.get("/readings", signal="m1/a", format="csv", **span)).text == whole
    cut = await desk.get("/readings", signal="m1/a", format="csv", limit=5, **span)
    assert cut.text.splitlines() == whole.splitlines()[:6]


async def test_refusals_page_by_page(desk: Desk) -> None:
    page = (await desk.get("/refusals", machine="m1", size=1, **DAY)).json()
    assert page["refusals"][0]["reason"] == "no number"
    assert page["next"] is None
    answer = await desk.get("/refusals", start=DAY["start"])
    assert answer.status_code == 422


async def test_sources_of_a_signal(desk: Desk) -> None:
    answer = (await desk.get("/sources", signal="m1/s0")).json()
    assert answer == {"sources": [{"source": "edge-1", "epoch": 1}]}


# ---- limits


async def test_more_signals_than_the_limit_are_refused(desk: Desk) -> None:
    signals = [f"m1/s{number}" for number in range(SIGNALS_MAX + 1)]
    assert (await desk.get("/latest", signal=signals[:-1])).status_code == 200
    answer = await desk.get("/latest", signal=signals)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_more_rows_than_a_page_are_refused(desk: Desk) -> None:
    asked = {"signal": "m1/s0"} | DAY
    assert (await desk.get("/readings", limit=PAGE_ROWS_MAX, **asked)).status_code == 200
    assert (await desk.get("/readings", limit=PAGE_ROWS_MAX + 1, **asked)).status_code == 422
    csv_ = await desk.get("/readings", limit=PAGE_ROWS_MAX + 1, format="csv", **asked)
    assert csv_.status_code == 200


async def test_points_beyond_the_limit_are_refused(desk: Desk) -> None:
    for points, status in ((2_000, 200), (2_001, 422), (0, 422)):
        answer = await desk.get("/downsample", signal="m1/s0", points=points, **DAY)
        assert answer.status_code == status


# ---- problems


async def test_a_refusal_is_a_problem(desk: Desk) -> None:
    answer = await desk.get("/readings", signal="m1/s0", start="yesterday", end=DAY["end"])
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("detail").startswith("cannot read the instant 'yesterday'")
    assert problem == {
        "type": "urn:lineshaft:refusal:Invalid",
        "title": "Unprocessable Content",
        "status": 422,
        "error": "Invalid",
    }


async def test_nobody_is_told_who_asks(desk: Desk) -> None:
    answer = await desk.get("/latest", token="nobody", signal="m1/s0")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


# ---- who may


@pytest.fixture(scope="module")
def guarded(shared: House) -> Desk:
    """The same store, where the customer was granted the first hour of machine m1."""
    authorizer = Authorizer(shared.database, SqlGrantStore(), shared.clock)
    hour = Period(START, parse_instant("2027-03-01T01:00:00Z"))
    grant = Grant("acme", "m1", hour.start, hour.end, "con_1")
    with shared.database.unit_of_work() as unit:
        authorizer.add_grant(unit.connection, grant)
    return Desk(historian_with(shared, authorizer), {"customer": CUSTOMER} | STAFF)


def historian_with(house: House, authorizer: Any) -> Historian:
    return Historian(house.database, house.manifest, house.files, authorizer, house.keys)


QUESTIONS = [
    ("/readings", {"signal": "m1/s0"}),
    ("/readings", {"signal": "m1/s0", "format": "arrow"}),
    ("/downsample", {"signal": "m1/s0"}),
    ("/downsample", {"signal": "m1/s0", "method": "lttb"}),
    ("/aggregates", {"signal": "m1/s0", "function": "mean"}),
    ("/aggregates", {"signal": "m1/text", "function": "durations"}),
    ("/buckets", {"signal": "m1/s0", "width_ms": "60000"}),
    ("/grid", {"signal": "m1/s0", "step_ms": "60000"}),
    ("/refusals", {"machine": "m1"}),
]


@pytest.mark.parametrize(("path", "asked"), QUESTIONS)
async def test_a_customer_sees_its_machine_in_its_period(
    guarded: Desk, path: str, asked: dict[str, str]
) -> None:
    for token in STAFF:
        assert (await guarded.get(path, token, **asked, **DAY)).status_code == 200
    assert (await guarded.get(path, "customer", **asked, **FIRST_HOUR)).status_code == 200
    for refused in (DAY, {"start": "2027-02-28T23:00:00Z", "end": "2027-03-01T00:30:00Z"}):
        answer = await guarded.get(path, "customer", **asked, **refused)
        assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")
    other = {name: value.replace("m1", "m2") for name, value in asked.items()}
    assert (await guarded.get(path, "customer", **other, **FIRST_HOUR)).status_code == 403


async def test_a_customer_whose_time_is_over_sees_no_last_value(guarded: Desk) -> None:
    for token, status in (("engineer", 200), ("finance", 200), ("customer", 403)):
        assert (await guarded.get("/latest", token, signal="m1/s0")).status_code == status


async def test_a_customer_cannot_list_the_refusals_of_all_machines(guarded: Desk) -> None:
    assert (await guarded.get("/refusals", "customer", **FIRST_HOUR)).status_code == 403


async def test_a_stream_ends_when_the_right_ends(house: House) -> None:
    class Fading:
        """Allows the first questions, then no more."""

        def __init__(self, times: int) -> None:
            self.left = times

        def authorize(self, actor: Actor, action: str, resource: object) -> None:
            self.left -= 1
            if self.left < 0:
                raise PermissionError

    source = Source()
    source.fill(segments=4, step=HOUR)
    house.store(source)
    fading = Desk(historian_with(house, Fading(times=3)), {"worker": ACTOR})
    month = {"start": "2027-03-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"}
    with pytest.raises(PermissionError):
        await fading.get("/readings", signal="m1/s0", format="csv", **month)
