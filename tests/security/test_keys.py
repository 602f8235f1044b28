"""The document keys of the hub and the key file."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, InvariantError
from lineshaft.core.period import parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.errors import BadSignature
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER
from lineshaft.security.keys import model as model_module
from lineshaft.security.keys.errors import KeyExposed, KeyMissing
from lineshaft.security.keys.model import (
    EPOCH_MAX,
    BadKeyFile,
    DocumentKey,
    KeyFile,
    Signature,
    SourcePublicKey,
    UnknownKey,
    key_id_of,
    next_key,
)
from tests.security.conftest import Edge, Room

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "keys.md"
DOCUMENT = canonical.encode({"format": "test/1", "number": 1})


@pytest.fixture
def started(room: Room) -> Room:
    assert room.keys.create_first_key()
    return room


def sign(room: Room, data: bytes = DOCUMENT) -> Signature:
    with room.database.unit_of_work() as unit:
        return room.keys.sign(unit.connection, data)


def key_files(room: Room) -> list[Path]:
    return sorted(room.key_directory.iterdir())


# --- signing and rotation -----------------------------------------------------------------------


def test_the_first_start_makes_one_key(engine_room: Room) -> None:
    assert engine_room.keys.create_first_key()
    assert not engine_room.keys.create_first_key()
    signature = sign(engine_room)
    file = KeyFile.parse(engine_room.keys.key_file())
    file.verify(DOCUMENT, signature)
    assert [key.key_id for key in file.document_keys] == [signature.key_id]
    with pytest.raises(BadSignature):
        file.verify(DOCUMENT + b" ", signature)


def test_the_private_key_is_for_its_owner_only(started: Room) -> None:
    [path] = key_files(started)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with started.database.unit_of_work() as unit:
        dump = "\n".join(unit.connection.connection.iterdump())
    assert path.read_text().strip().upper() not in dump.upper()


def test_of_two_first_starts_at_once_one_wins(
    room: Room, build_room: Callable[[Database], Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaker = build_room(room.database)
    unit_of_work = room.database.unit_of_work

    def overtaken() -> object:
        monkeypatch.setattr(room.database, "unit_of_work", unit_of_work)
        assert overtaker.keys.create_first_key()
        return unit_of_work()

    monkeypatch.setattr(room.database, "unit_of_work", overtaken)
    assert not room.keys.create_first_key()


def test_nothing_is_signed_before_the_first_key(room: Room) -> None:
    with pytest.raises(InvariantError, match="no document key"):
        sign(room)


@pytest.mark.both_engines
def test_a_rotation_is_vouched_for_and_old_documents_stay_valid(engine_room: Room) -> None:
    room = engine_room
    room.keys.create_first_key()
    old = sign(room)
    room.clock.advance(1_000_000)
    new = room.keys.rotate(LOCAL_OPERATOR)
    room.keys.rotate(LOCAL_OPERATOR)
    latest = sign(room)
    file = KeyFile.parse(room.keys.key_file())
    assert [key.number for key in file.document_keys] == [1, 2, 3]
    assert [key.key_id for key in file.document_keys] == [old.key_id, new.key_id, latest.key_id]
    file.verify(DOCUMENT, old)
    file.verify(DOCUMENT, latest)
    assert [path.name for path in key_files(room)] == [f"document-{latest.key_id}.key"]
    query = AuditQuery(action="key:rotate")
    assert len(room.audit.entries(LOCAL_OPERATOR, query)) == 3


def test_a_rotation_elsewhere_is_seen_at_the_next_signature(
    started: Room, build_room: Callable[[Database], Room]
) -> None:
    elsewhere = build_room(started.database)
    before = sign(elsewhere)
    new = started.keys.rotate(LOCAL_OPERATOR)
    assert before.key_id != new.key_id == sign(elsewhere).key_id


def test_only_who_may_rotates(started: Room) -> None:
    with pytest.raises(Forbidden):
        started.keys.rotate(SYSTEM_WORKER)


def test_a_rotation_that_fails_changes_nothing(
    started: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sign(started)

    def fail(*_: object) -> None:
        msg = "no room"
        raise OSError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(started.audit, "append", fail)
        with pytest.raises(OSError, match="no room"):
            started.keys.rotate(LOCAL_OPERATOR)
    assert sign(started) == before
    assert len(KeyFile.parse(started.keys.key_file()).document_keys) == 1


def test_a_missing_private_key_is_said(
    started: Room, build_room: Callable[[Database], Room]
) -> None:
    [path] = key_files(started)
    path.unlink()
    with pytest.raises(KeyMissing, match="restore it from the backup"):
        sign(build_room(started.database))


def test_a_private_key_that_others_may_read_is_not_used(
    started: Room, build_room: Callable[[Database], Room]
) -> None:
    [path] = key_files(started)
    path.chmod(0o640)
    with pytest.raises(KeyExposed, match="mode 640"):
        sign(build_room(started.database))


def test_the_key_file_holds_the_sources_of_all_epochs(
    started: Room, make_edge: Callable[[str], Edge]
) -> None:
    edge = make_edge("press-1")
    started.identity.enrol_local(LOCAL_OPERATOR, edge.request())
    data = started.keys.key_file()
    assert edge.salt_secret.hex() not in data.decode()
    public = KeyFile.parse(data).source_key("press-1", 1)
    assert public.public_bytes_raw() == edge.key.public_key().public_bytes_raw()


# --- the file itself ----------------------------------------------------------------------------

FIRST, SECOND, SOURCE = (
    Ed25519PrivateKey.from_private_bytes(bytes(range(start, start + 32))) for start in (0, 32, 64)
)
FIRST_AT, SECOND_AT = (
    parse_instant(text) for text in ("2027-03-01T08:00:00Z", "2027-04-01T08:00:00.5Z")
)
FIRST_KEY = next_key(FIRST, FIRST_AT)
SECOND_KEY = next_key(SECOND, SECOND_AT, (FIRST_KEY, FIRST))
PRESS = SourcePublicKey(SourceId("press-1"), 1, SOURCE.public_key().public_bytes_raw())
FILE = KeyFile((FIRST_KEY, SECOND_KEY), (PRESS,))


def test_the_page_shows_what_the_code_writes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    vectors = {
        name: "".join(body.split("\n"))
        for name, body in re.findall(r"\*\*(.+?)\*\*\n\n```text\n(.+?)\n```", page, re.DOTALL)
    }
    assert vectors == {
        "statement of key 2": SECOND_KEY.statement().decode(),
        "key file": FILE.encode().decode(),
        "SHA-256 of the key file": canonical.sha256_hex(FILE.encode()),
    }


def test_what_is_written_is_read() -> None:
    assert KeyFile.parse(FILE.encode()) == FILE
    assert FILE.document_key(FIRST_KEY.key_id) == FIRST.public_key()
    assert FILE.source_key("press-1", 1) == SOURCE.public_key()
    assert FIRST_KEY.key_id == key_id_of(FIRST.public_key().public_bytes_raw())


def test_unknown_keys_are_said() -> None:
    with pytest.raises(UnknownKey, match="document key ff"):
        FILE.document_key("ff")
    with pytest.raises(UnknownKey, match="press-1 in epoch 2"):
        FILE.source_key("press-1", 2)


@given(st.integers(0, len(FILE.encode()) * 8 - 1))
def test_any_flipped_bit_of_a_document_key_is_found(bit: int) -> None:
    data = bytearray(FILE.encode())
    data[bit // 8] ^= 1 << bit % 8
    try:
        parsed = KeyFile.parse(bytes(data))
    except BadKeyFile:
        return
    # Only the names and keys of sources stand unsigned; they are pinned with the file.
    assert parsed.document_keys == FILE.document_keys
    assert parsed.sources != FILE.sources


def spoilt(change: Callable[[dict], None]) -> bytes:
    content = canonical.decode(FILE.encode())
    change(content)
    return canonical.encode(content)


SPOILS: dict[str, Callable[[dict], object]] = {
    "format": lambda c: c.update(format="lineshaft/keys/2"),
    "another field": lambda c: c.update(more=1),
    "no sources": lambda c: c.pop("sources"),
    "no keys": lambda c: c.update(document_keys=[]),
    "not a list": lambda c: c.update(sources=1),
    "not an object": lambda c: c.update(sources=[1]),
    "other kind": lambda c: c["document_keys"][0].update(created_at=1),
    "number is true": lambda c: c["document_keys"][0].update(number=True),
    "number is text": lambda c: c["document_keys"][0].update(number="1"),
    "upper case": lambda c: c["sources"][0].update(public_key=PRESS.public_key.hex().upper()),
    "key id": lambda c: c["document_keys"][0].update(key_id="0" * 32),
    "first dropped": lambda c: c["document_keys"].pop(0),
    "other order": lambda c: c["document_keys"].reverse(),
    "stamp": lambda c: c["document_keys"][1].update(created_at="2027-04-01T08:00:00Z"),
    "signature": lambda c: c["document_keys"][1].update(signature="00" * 64),
    "source twice": lambda c: c["sources"].append(c["sources"][0]),
    "epoch 0": lambda c: c["sources"][0].update(epoch=0),
    "epoch too large": lambda c: c["sources"][0].update(epoch=EPOCH_MAX + 1),
    "source id": lambda c: c["sources"][0].update(source="Press"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_a_key_file_is_exact(name: str) -> None:
    with pytest.raises(BadKeyFile):
        KeyFile.parse(spoilt(SPOILS[name]))


@pytest.mark.parametrize("data", [b"", b"[]", FILE.encode() + b"\n"], ids=["none", "list", "line"])
def test_what_is_no_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(BadKeyFile):
        KeyFile.parse(data)


def test_a_key_file_has_a_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    data = FILE.encode()
    monkeypatch.setattr(model_module, "KEY_FILE_BYTES_MAX", len(data))
    KeyFile.parse(data)
    with pytest.raises(BadKeyFile, match="at most"):
        KeyFile.parse(data + b" ")


def test_a_key_that_nobody_vouches_for_is_refused() -> None:
    own = next_key(SECOND, SECOND_AT, (FIRST_KEY, SECOND))
    with pytest.raises(BadKeyFile, match="not vouched for"):
        KeyFile.parse(KeyFile((FIRST_KEY, own), ()).encode())
    orphan = DocumentKey(1, FIRST_AT, FIRST_KEY.public_key, "", bytes(64))
    with pytest.raises(BadKeyFile, match="not vouched for"):
        KeyFile.parse(KeyFile((orphan,), ()).encode())
