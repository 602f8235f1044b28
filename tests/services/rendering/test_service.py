"""Renderings are made once, signed, and stay as they were; on each engine."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.database import Database
from lineshaft.security.keys.model import KeyFile, Signature
from lineshaft.services.billing.einvoice.errors import RulesBroken
from lineshaft.services.billing.einvoice.ubl_checks import ubl_findings
from lineshaft.services.billing.errors import DocumentNotFound
from lineshaft.services.billing.rendering import service
from lineshaft.services.billing.rendering.model import Language, MediaType, signed_record
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.rendering.store import SqlRenderingStore
from lineshaft.services.billing.rendering.tables import RENDERINGS
from tests.services.billing.examples import PERIOD
from tests.services.contracts.examples import SUPPLIER, contract
from tests.services.hub import CUSTOMER, FINANCE, NOW, STRANGER, Hub, build_hub

HTML, PDF, ENGLISH, CHINESE = MediaType.HTML, MediaType.PDF, Language.ENGLISH, Language.CHINESE


UBL = MediaType.UBL


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Hub:
    made = build_hub(database, tmp_path / "keys")
    made.activated(contract())
    made.billing.issue(FINANCE, "c-1001", PERIOD)
    return made


@pytest.fixture
def renderings(hub: Hub) -> Renderings:
    return Renderings(hub.database, SqlRenderingStore(), hub.billing, hub.keys, hub.clock)


NUMBER = "NM-2017-000001"


def test_the_record_is_signed_by_the_document_key(hub: Hub, renderings: Renderings) -> None:
    made = renderings.rendering(CUSTOMER, NUMBER, PDF, CHINESE)
    assert made.rendered_at == NOW
    file = canonical.decode(made.record)
    signature = Signature(file["key_id"], bytes.fromhex(file["signature"]))
    KeyFile.parse(hub.keys.key_file()).verify(canonical.encode(file["rendering"]), signature)
    record = signed_record(made.record)
    assert record.sha256 == canonical.sha256_hex(made.data)
    assert (record.media_type, record.language, record.number) == (PDF, CHINESE, NUMBER)
    assert record.document_sha256 == hub.billing.document(FINANCE, NUMBER).sha256


@pytest.mark.both_engines
def test_an_electronic_invoice_is_kept_and_signed_like_a_page(
    hub: Hub, renderings: Renderings
) -> None:
    made = renderings.rendering(CUSTOMER, NUMBER, UBL, ENGLISH)
    assert renderings.rendering(FINANCE, NUMBER, UBL, ENGLISH) == made
    assert ubl_findings(made.data) == ()
    record = signed_record(made.record)
    assert record.sha256 == canonical.sha256_hex(made.data)
    assert record.document_sha256 == hub.billing.document(FINANCE, NUMBER).sha256
    assert record.renderer_version.endswith("+en16931-1.3.16")


def test_a_document_that_breaks_a_rule_has_no_electronic_invoice(
    hub: Hub, renderings: Renderings
) -> None:
    """Nothing is kept; the other renderings are made all the same."""
    supplier = SUPPLIER | {"vat_id": ""}
    hub.activated(contract(id="c-1002", supplier=supplier, invoice_series="NM-B"))
    number = hub.billing.issue(FINANCE, "c-1002", PERIOD).number
    with pytest.raises(RulesBroken, match="BR-S-02"):
        renderings.rendering(FINANCE, number, UBL, ENGLISH)
    with hub.database.read() as connection:
        assert SqlRenderingStore().find(connection, number, UBL, ENGLISH) is None
    assert renderings.rendering(FINANCE, number, HTML, ENGLISH).data


def test_later_requests_get_the_first_bytes_whatever_the_renderer_does_then(
    renderings: Renderings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = renderings.rendering(FINANCE, NUMBER, HTML, ENGLISH)
    monkeypatch.setattr(service, "render", lambda *_: b"a later release")
    assert renderings.rendering(CUSTOMER, NUMBER, HTML, ENGLISH) == first
    assert renderings.rendering(CUSTOMER, NUMBER, HTML, CHINESE).data == b"a later release"


def test_a_stranger_does_not_learn_that_it_exists(renderings: Renderings) -> None:
    renderings.rendering(FINANCE, NUMBER, HTML, ENGLISH)
    with pytest.raises(DocumentNotFound):
        renderings.rendering(STRANGER, NUMBER, HTML, ENGLISH)


def test_two_first_requests_keep_one_rendering(
    hub: Hub, renderings: Renderings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes while the first is rendering."""
    render = service.render
    seen: list[bytes] = []

    def slow(file: bytes, media_type: MediaType, language: Language) -> bytes:
        if not seen:
            seen.append(b"")
            seen[0] = renderings.rendering(FINANCE, NUMBER, media_type, language).data
            return b"another"
        return render(file, media_type, language)

    monkeypatch.setattr(service, "render", slow)
    assert renderings.rendering(FINANCE, NUMBER, HTML, ENGLISH).data == seen[0]
    with hub.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(RENDERINGS)) == 1


def test_bytes_that_were_changed_in_the_store_are_never_given_out(
    hub: Hub, renderings: Renderings
) -> None:
    renderings.rendering(FINANCE, NUMBER, HTML, ENGLISH)
    with hub.database.unit_of_work() as unit:
        unit.connection.execute(sa.update(RENDERINGS).values(data=b"changed"))
    with pytest.raises(InvariantError, match="was changed"):
        renderings.rendering(FINANCE, NUMBER, HTML, ENGLISH)
