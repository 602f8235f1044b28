"""Tables that the hub keeps: whole, named, damaged, dropped; and what-ifs against the truth."""

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.inputoutput.errors import NotProductive, TakesTooMuch, UnknownPlace
from lineshaft.valuechain.inputoutput.kept import api, opened, packing, service
from lineshaft.valuechain.inputoutput.kept.answering import answered
from lineshaft.valuechain.inputoutput.kept.errors import (
    TableDamaged,
    TableNotFound,
    TableOutOfBalance,
    TableTaken,
    TableTooLarge,
    TooManyTables,
)
from lineshaft.valuechain.inputoutput.kept.model import (
    LEVERS_MAX,
    TOYS,
    KeptTable,
    Lever,
    LeverKind,
    check_levers,
)
from lineshaft.valuechain.inputoutput.kept.service import KeepWish, KeptTableParts, KeptTables
from lineshaft.valuechain.inputoutput.kept.store import SqlTableStore
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Stoppage, Table, TableFile
from lineshaft.web import problems
from tests.valuechain.inputoutput.files import write_own
from tests.valuechain.inputoutput.tables import balanced

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

START = parse_instant("2026-03-02T08:00:00Z")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
few = settings(max_examples=15)


def build(database: Database, folder: Path) -> KeptTables:
    clock = ManualClock(START)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    parts = KeptTableParts(
        database=database,
        store=SqlTableStore(),
        authorizer=authorizer,
        audit=AuditChain(database, SqlAuditStore(), authorizer, clock),
        clock=clock,
        directory=folder / "tables",
    )
    return KeptTables(parts)


def wish(folder: Path, name: str = "mine", table: Table | None = None, **other: str) -> KeepWish:
    path = write_own(folder / f"{name}-2020.csv", table or balanced(1), has_totals=True)
    source = TableFile(path=path, currency="EUR", services=frozenset({"i2"}))
    return KeepWish(name=name, format_name="csv", source=source, **other)


@pytest.mark.both_engines
def test_a_table_is_kept_and_dropped(database: Database, tmp_path: Path) -> None:
    tables = build(database, tmp_path)
    with pytest.raises(TableNotFound, match="kept are none; keep one with"):
        tables.choices(FINANCE, "mine")
    made = tables.keep(FINANCE, wish(tmp_path, licence="own"))
    assert (made.title, made.vintage, made.currency) == ("mine-2020", "2020", "EUR")
    assert (made.countries, made.industries, made.rows, made.coverage) == (3, 3, 9, Fraction(1))
    path = opened.table_file(tmp_path / "tables", made.sha256)
    inverse = opened.inverse_file(tmp_path / "tables", made.digest)
    assert (path.stat().st_size, inverse.exists()) == (made.size_bytes, True)
    assert tables.keep(FINANCE, wish(tmp_path, licence="own")) == made, "changes nothing"
    assert tables.tables(FINANCE) == [made]
    assert tables.choices(FINANCE, "mine").regions == ("C0", "C1", "C2")
    with pytest.raises(TableTaken, match="drop it first"):
        tables.keep(FINANCE, wish(tmp_path, table=balanced(2), licence="own"))
    other = tables.keep(FINANCE, wish(tmp_path, "same"))
    assert tables.drop(FINANCE, "mine") == made
    assert (other.sha256 == made.sha256, path.exists()) == (False, False), "its title differs"
    assert tables.choices(FINANCE, "same").countries == ("C0", "C1", "C2")
    assert inverse.exists(), "another table has the same coefficients"
    tables.drop(FINANCE, "same")
    assert not inverse.exists()


def test_a_file_that_is_damaged_or_gone_is_said_and_made_anew(
    sqlite_database: Database, tmp_path: Path
) -> None:
    made = build(sqlite_database, tmp_path).keep(FINANCE, wish(tmp_path))
    path = opened.table_file(tmp_path / "tables", made.sha256)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(TableDamaged, match=r"SHA-256 is not what was recorded.*keep it again"):
        build(sqlite_database, tmp_path).choices(FINANCE, "mine")
    path.unlink()
    with pytest.raises(TableDamaged, match="No such file"):
        build(sqlite_database, tmp_path).choices(FINANCE, "mine")
    assert build(sqlite_database, tmp_path).keep(FINANCE, wish(tmp_path)) == made
    assert path.read_bytes() == whole


def test_who_may_not_and_what_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    tables = build(sqlite_database, tmp_path)
    auditor = Actor("usr_u", Role.AUDITOR, None, "Aud")
    assert tables.tables(auditor) == []
    with pytest.raises(Forbidden):
        tables.keep_sample(auditor)
    with pytest.raises(Forbidden):
        tables.tables(Actor("usr_x", Role.CUSTOMER, "acme", "X"))
    with pytest.raises(Invalid, match="small letters"):
        tables.keep(FINANCE, wish(tmp_path, "Mine"))
    with pytest.raises(Invalid, match="a note of 501"):
        tables.keep(FINANCE, wish(tmp_path, licence="x" * 501))
    gone = KeepWish(name="a", format_name="csv", source=TableFile(path=tmp_path / "none.csv"))
    with pytest.raises(Invalid, match="there is no file"):
        tables.keep(FINANCE, gone)
    off = balanced(1)
    off.gross_output[:] *= 2
    with pytest.raises(TableOutOfBalance, match=r"only 0% of the output.*off are the"):
        tables.keep(FINANCE, wish(tmp_path, table=off))
    assert tables.tables(FINANCE) == []


def test_maxima(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = build(sqlite_database, tmp_path)
    made = tables.keep(FINANCE, wish(tmp_path, licence="x" * 500))
    monkeypatch.setattr(packing, "TABLE_BYTES_MAX", made.size_bytes - 1)
    with pytest.raises(TableTooLarge):
        tables.keep(FINANCE, wish(tmp_path, "twin"))
    monkeypatch.setattr(packing, "TABLE_BYTES_MAX", made.size_bytes)
    tables.keep(FINANCE, wish(tmp_path, "twin"))
    monkeypatch.setattr(packing, "TABLE_BYTES_MAX", 10_000)
    monkeypatch.setattr(service, "TABLES_MAX", 2)
    with pytest.raises(TooManyTables):
        tables.keep_sample(FINANCE)
    levers = [Lever(LeverKind.DEMAND, "C0", "i0", 1)] * LEVERS_MAX
    assert len(tables.what_if(FINANCE, "mine", levers).levers) == LEVERS_MAX
    with pytest.raises(Invalid, match="at most 20"):
        tables.what_if(FINANCE, "mine", [*levers, levers[0]])

    monkeypatch.setattr(opened, "OPEN_BYTES_MAX", 2 * (2 * 81 + 9 * 6) * 8)
    tables = build(sqlite_database, tmp_path)
    held = tables._open._kernels
    tables.choices(FINANCE, "mine")
    tables.choices(FINANCE, "twin")
    assert len(held) == 2
    monkeypatch.setattr(opened, "OPEN_BYTES_MAX", opened.OPEN_BYTES_MAX - 1)
    tables.drop(FINANCE, "twin")
    assert list(held) == [made.sha256]
    again = tables.keep(FINANCE, wish(tmp_path, "twin"))
    assert list(held) == [again.sha256], "the one asked for last is held"


def kept(kernel: Kernel) -> KeptTable:
    table = kernel.table
    return KeptTable(
        name="mine",
        format="csv",
        title=table.name,
        vintage=table.vintage,
        currency=table.currency,
        licence="",
        countries=len(table.countries),
        industries=len(table.industries),
        rows=len(table.gross_output),
        size_bytes=0,
        sha256="",
        digest="",
        coverage=Fraction(1),
        kept_at=START,
        kept_by="Fay",
    )


@few
@example(seed=0, pulls=[(LeverKind.DEMAND, 0, 0, -53.0), (LeverKind.DEMAND, 0, 1, -59.0)])
@given(
    seed=st.integers(0, 10_000),
    pulls=st.lists(
        st.tuples(
            st.sampled_from(LeverKind), st.integers(0, 8), st.integers(0, 8), st.floats(-100, 8)
        ),
        max_size=6,
    ),
)
def test_levers_say_what_the_direct_solution_says(
    seed: int, pulls: list[tuple[LeverKind, int, int, float]]
) -> None:
    kernel = Kernel.of(balanced(seed))
    coefficients = kernel.technical_coefficients.copy()
    demand, added = kernel.demand.copy(), kernel.value_added_coefficients.copy()
    levers, together = [], defaultdict[tuple[LeverKind, int, int], float](float)
    for kind, row, column, percent in pulls:
        together[kind, row, column if kind is LeverKind.COEFFICIENT else 0] += percent
        buyer = (f"C{column // 3}", f"i{column % 3}") if kind is LeverKind.COEFFICIENT else ("", "")
        levers.append(Lever(kind, f"C{row // 3}", f"i{row % 3}", percent, *buyer))
        part = percent / 100
        if kind is LeverKind.DEMAND:
            demand[row] += kernel.demand[row] * part
        elif kind is LeverKind.VALUE_ADDED:
            added[row] += kernel.value_added_coefficients[row] * part
        else:
            coefficients[row, column] += kernel.technical_coefficients[row, column] * part
    if min(together.values(), default=0) < -100 - 1e-9:
        with pytest.raises(TakesTooMuch, match="together take"):
            check_levers(levers)
        return
    check_levers(levers)
    largest = np.abs(np.linalg.eigvals(coefficients)).max()
    if largest >= 1:
        return
    output = np.linalg.solve(np.eye(9) - coefficients, demand)
    found = answered(kept(kernel), kernel, levers, None)
    got = np.zeros(9)
    value = np.zeros(9)
    for each in found.industries:
        row = int(each.country[1:]) * 3 + int(each.industry[1:])
        got[row] = each.output + each.output_change
        value[row] = each.value_added + each.value_added_change
    assert np.abs(got - output).max() <= 1e-12 * np.abs(output).max() / (1 - largest)
    assert np.abs(value - added * output).max() <= 1e-12 * np.abs(output).max() / (1 - largest)
    changes = sum(each.value_added_change for each in found.countries)
    assert changes == pytest.approx(found.world.value_added_change, abs=1e-9)
    sizes = [abs(each.value_added_change) for each in found.industries]
    assert sizes == sorted(sizes, reverse=True)


def test_changes_of_one_number_take_all_of_it_and_no_more(
    sqlite_database: Database, tmp_path: Path
) -> None:
    tables = build(sqlite_database, tmp_path)
    tables.keep(FINANCE, wish(tmp_path))
    taken = [Lever(LeverKind.DEMAND, "C0", "i0", each) for each in (-33.4, -33.3, -33.3)]
    assert tables.what_if(FINANCE, "mine", taken).world.output_change < 0
    with pytest.raises(TakesTooMuch, match=r"demand\|C0\|i0 together take 100\.1 % of it"):
        tables.what_if(FINANCE, "mine", [*taken, Lever(LeverKind.DEMAND, "C0", "i0", -0.1)])
    others = [
        Lever(LeverKind.DEMAND, "C0", "i1", -50),
        Lever(LeverKind.VALUE_ADDED, "C0", "i0", -9),
    ]
    tables.what_if(FINANCE, "mine", [*taken, *others])


def test_a_lever_is_read_as_it_is_written() -> None:
    for text in ("demand|C0|i0|10", "value_added|C1|i1|-0.5", "coefficient|C0|i0|C1|i2|25"):
        assert Lever.from_text(text).to_text() == text
    for text in ("", "demand|C0|i0|C1|i1|3", "price|C0|i0|1", "demand|C0|i0|much",
                 "demand|C0|i0|100.1", "demand|C0|i0|nan", "coefficient|C0|i0|3"):  # fmt: skip
        with pytest.raises(Invalid):
            Lever.from_text(text)
    with pytest.raises(Invalid, match="to_region"):
        Lever.from_content({"kind": "demand"})


async def test_the_sample_over_http(sqlite_database: Database, tmp_path: Path) -> None:
    tables = build(sqlite_database, tmp_path)
    made = tables.keep_sample(LOCAL_OPERATOR)
    assert (made.name, made.countries, made.industries) == ("sample", 3, 4)
    assert "synthetic" in made.title
    assert service.sample_file().startswith(b"kind,country")
    with pytest.raises(UnknownPlace):
        tables.what_if(FINANCE, "sample", [Lever(LeverKind.DEMAND, "XAA", "Z", 1)])
    loss = tables.extract(
        FINANCE, "sample", Stoppage(supplier="XBB", industries=frozenset({"C26"}))
    )
    assert loss.world > 0
    for is_all, has_toys in ((False, False), (True, True)):
        found = tables.figures(FINANCE, "sample", "XAA", is_all_wanted=is_all)
        names = {each.figure.indicator.name for each in found}
        assert (bool(names & TOYS), "services_in_manufacturing_exports" in names) == (
            has_toys,
            True,
        )
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(tables, lambda _request: FINANCE))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:

        async def ask(path: str, asked: Any = None) -> Any:
            address = api.TABLES + path
            return await (
                client.get(address) if asked is None else client.post(address, json=asked)
            )

        assert (await ask("")).json()["tables"][0]["sha256"] == made.sha256
        assert (await ask("/sample")).json()["has"]["industries"] == ["A", "C26", "C28", "J62"]
        assert (await ask("/none")).status_code == 404
        figures = (await ask("/sample/figures?country=XAA&size=1")).json()
        assert figures["figures"][0]["formula"].startswith("U = ")
        listed = (await ask("/sample/figures?country=XAA&unverified=1&format=csv")).text
        assert "ghosh_loss" in listed
        change = {"kind": "demand", "region": "XAA", "industry": "C28", "percent": 10}
        said = (await ask("/sample/what-if", {"changes": [change], "top": 2})).json()
        assert said["world"]["value_added_change"] == pytest.approx(
            said["changes"][0]["after"] - said["changes"][0]["before"]
        ), "value added everywhere is the demand that it comes from"
        assert [len(said["countries"]), len(said["industries"])] == [3, 2]
        wrong: tuple[dict[str, Any], ...]
        wrong = ({}, {"changes": [{}]}, {"changes": [], "top": -1})
        for asked in wrong:
            assert (await ask("/sample/what-if", asked)).status_code == 422
        stopped = (await ask("/sample/extraction", {"supplier": "XBB"})).json()
        assert stopped["label"].startswith("upper bound")
        assert (await ask("/sample/extraction", {})).status_code == 422


def test_what_is_not_productive_is_refused() -> None:
    kernel = Kernel.of(balanced(5))
    largest = np.abs(np.linalg.eigvals(kernel.technical_coefficients)).max()
    assert 0.5 < largest < 1
    units = [(f"C{row // 3}", f"i{row % 3}") for row in range(9)]
    levers = [
        Lever(LeverKind.COEFFICIENT, *seller, 100, *buyer) for seller in units for buyer in units
    ]
    with pytest.raises(NotProductive):
        answered(kept(kernel), kernel, levers, 1)
