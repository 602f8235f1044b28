"""The audit chain: any change shows."""

import string
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import Instant
from lineshaft.security.audit import store as store_module
from lineshaft.security.audit.model import (
    AUDIT_PAGE_MAX,
    DETAIL_BYTES_MAX,
    EMPTY_HEAD,
    AuditEntry,
    AuditQuery,
    AuditRow,
    ChainHead,
    verify_rows,
)
from lineshaft.security.audit.tables import AUDIT_ENTRY, AUDIT_HEAD
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_EDGE, Role
from tests.security.conftest import Room

pytestmark = pytest.mark.both_engines


def write(room: Room, count: int) -> None:
    for number in range(count):
        with room.database.unit_of_work() as unit:
            detail = {"number": number, "text": "née 名"}
            room.audit.append(unit.connection, LOCAL_OPERATOR, "test:do", f"x/{number}", detail)
        room.clock.advance(1)


def test_entries_are_chained_and_sound(engine_room: Room) -> None:
    write(engine_room, 3)
    report = engine_room.audit.verify_chain(LOCAL_OPERATOR)
    assert (report.is_sound, report.count) == (True, 3)
    entries = engine_room.audit.entries(LOCAL_OPERATOR, AuditQuery())
    assert [entry.number for entry in entries] == [3, 2, 1]
    assert entries[0].previous_hash == entries[1].hash()
    assert entries[0].role == Role.ADMINISTRATOR
    assert entries[0].detail == {"number": 2, "text": "née 名"}


def test_an_empty_chain_is_sound(room: Room) -> None:
    assert room.audit.verify_chain(LOCAL_OPERATOR).count == 0


def test_what_is_rolled_back_was_never_written(room: Room) -> None:
    def write_two() -> None:
        with room.database.unit_of_work() as unit:
            room.audit.append(unit.connection, LOCAL_OPERATOR, "test:do", "x", {})
            room.audit.append(unit.connection, LOCAL_OPERATOR, "test:do", "x", {"share": 0.5})

    with pytest.raises(Invalid, match="float"):
        write_two()
    assert room.audit.entries(LOCAL_OPERATOR, AuditQuery()) == []
    assert room.audit.verify_chain(LOCAL_OPERATOR).is_sound


def test_several_writers_make_one_chain(engine_room: Room) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda _: write(engine_room, 3), range(4)))
    report = engine_room.audit.verify_chain(LOCAL_OPERATOR)
    assert (report.is_sound, report.count) == (True, 12)


def test_entries_are_found_page_by_page(room: Room) -> None:
    write(room, 3)
    audit = room.audit
    assert [e.number for e in audit.entries(LOCAL_OPERATOR, AuditQuery(limit=2))] == [3, 2]
    assert [e.number for e in audit.entries(LOCAL_OPERATOR, AuditQuery(before=2))] == [1]
    assert [e.number for e in audit.entries(LOCAL_OPERATOR, AuditQuery(subject="x/1"))] == [2]
    nobody = AuditQuery(actor="nobody", action="test:do")
    assert audit.entries(LOCAL_OPERATOR, nobody) == []


@pytest.mark.parametrize("limit", [0, AUDIT_PAGE_MAX + 1])
def test_a_page_has_a_maximum(limit: int) -> None:
    with pytest.raises(Invalid, match=f"expected 1 to {AUDIT_PAGE_MAX}"):
        AuditQuery(limit=limit)


def test_a_detail_has_a_maximum(room: Room) -> None:
    fits = "x" * (DETAIL_BYTES_MAX - len('{"t":""}'))
    with room.database.unit_of_work() as unit:
        room.audit.append(unit.connection, LOCAL_OPERATOR, "test:do", "x", {"t": fits})
        with pytest.raises(Invalid, match="at most"):
            room.audit.append(unit.connection, LOCAL_OPERATOR, "test:do", "x", {"t": fits + "x"})


def test_only_who_may_reads_the_chain(room: Room) -> None:
    with pytest.raises(Forbidden):
        room.audit.entries(SYSTEM_EDGE, AuditQuery())
    with pytest.raises(Forbidden):
        room.audit.verify_chain(SYSTEM_EDGE)


def test_a_long_chain_is_read_in_pages(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "ROWS_IN_MEMORY_MAX", 2)
    write(room, 5)
    assert room.audit.verify_chain(LOCAL_OPERATOR).count == 5


CHANGES = [
    sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 2).values(actor="usr_innocent"),
    sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 2).values(at=0),
    sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 2).values(hash=bytes(32)),
    sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 2).values(number=-1),
    sa.update(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 3).values(number=4),
    sa.delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 1),
    sa.delete(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number == 3),
    sa.delete(AUDIT_ENTRY),
    sa.update(AUDIT_HEAD).values(number=4),
    sa.update(AUDIT_HEAD).values(hash=bytes(32)),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_change_in_the_database_is_found(room: Room, change: sa.Executable) -> None:
    write(room, 3)
    with room.database.unit_of_work() as unit:
        unit.connection.execute(change)
    assert not room.audit.verify_chain(LOCAL_OPERATOR).is_sound


def chain(count: int) -> list[AuditRow]:
    rows: list[AuditRow] = []
    last = EMPTY_HEAD
    for number in range(1, count + 1):
        at, detail = Instant(number), {"n": number}
        entry = AuditEntry(number, at, "a", "A", "engineer", "b", "c", detail, last.hash)
        text = entry.encode().decode()
        rows.append(AuditRow(number, entry.at, "a", "b", "c", text, entry.hash()))
        last = ChainHead(number, entry.hash())
    return rows


ROWS = chain(4)
HEAD = ChainHead(4, ROWS[-1].hash)


def test_the_chain_that_is_changed_below_is_sound() -> None:
    report = verify_rows(ROWS, HEAD)
    assert (report.is_sound, report.head_hash) == (True, HEAD.hash)


@given(st.integers(0, 3), st.integers(0, 10_000), st.sampled_from(string.printable + "é名\0"))
def test_any_changed_character_of_any_row_is_found(row: int, place: int, other: str) -> None:
    content = ROWS[row].content
    place %= len(content)
    changed = content[:place] + other + content[place + 1 :]
    rows = [*ROWS]
    rows[row] = replace(ROWS[row], content=changed)
    report = verify_rows(rows, HEAD)
    assert report.is_sound == (changed == content)
    assert report.is_sound or report.wrong_number == row + 1


@given(st.permutations(ROWS))
def test_any_other_order_is_found(rows: list[AuditRow]) -> None:
    assert verify_rows(rows, HEAD).is_sound == (rows == ROWS)


def rewritten(**fields: object) -> AuditRow:
    entry = replace(AuditEntry.decode(ROWS[1].content.encode()), **fields)
    columns = (entry.number, entry.at, entry.actor, entry.action, entry.subject)
    return AuditRow(*columns, entry.encode().decode(), entry.hash())


def test_an_entry_that_is_rewritten_with_its_hash_breaks_the_next() -> None:
    report = verify_rows([ROWS[0], rewritten(subject="d"), *ROWS[2:]], HEAD)
    assert (report.count, report.wrong_number) == (2, 3)
    assert report.reason == "it does not name the hash of the entry before"


def test_a_number_that_is_not_the_next_is_found() -> None:
    report = verify_rows([ROWS[0], rewritten(number=3)], HEAD)
    assert report.reason == "its number is not the next"


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"1", b'{"number":1}', b"nothing", b'{"at":1,"number":1}']
)
def test_what_is_no_entry_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        AuditEntry.decode(content)


def test_an_entry_with_another_field_is_refused() -> None:
    content = ROWS[0].content.replace('"at":', '"apple":1,"at":')
    with pytest.raises(Invalid, match="other fields"):
        AuditEntry.decode(content.encode())
