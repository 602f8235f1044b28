"""Letters: in their order, on their terms, frozen, and only for whom they are."""

import io
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money
from lineshaft.core.period import US_PER_DAY
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.services.billing.dunning import api
from lineshaft.services.billing.dunning.model import DunningTerms, letter_content
from lineshaft.services.billing.dunning.service import Dunning, DunningParts
from lineshaft.services.billing.dunning.store import SqlLetterStore
from lineshaft.services.billing.dunning.tables import DUNNING_LETTER, DUNNING_PAGE
from lineshaft.services.billing.dunning.words import LABELS, letter_view
from lineshaft.services.billing.einvoice.pdfa import check_pdfa
from lineshaft.services.billing.rendering.model import Language
from tests.services.billing.test_api import FIRST, Desk, actor_of
from tests.services.billing.test_receivables import DAY, NUMBER, issued
from tests.services.hub import CUSTOMER, FINANCE, STRANGER, Hub

FEE = {"fee": "40.00", "currency": "EUR", "interest_percent": "9"}
FREE = {"fee": "0.00", "currency": "EUR"}
LETTERS = f"{FIRST}/letters"


def dunning_of(hub: Hub) -> Dunning:
    receivables = issued(hub)
    return Dunning(
        DunningParts(
            database=hub.database,
            store=SqlLetterStore(),
            billing=hub.billing,
            receivables=receivables,
            keys=hub.keys,
            authorizer=hub.authorizer,
            audit=hub.audit,
            clock=hub.clock,
            ids=hub.parts.ids,
        )
    )


def text_of(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


async def test_letters_come_in_their_order_and_once(hub: Hub) -> None:
    dunning = dunning_of(hub)
    desk = Desk(api.router(dunning, actor_of))

    async def write(level: int, terms: dict[str, Any] = FREE) -> tuple[int, Any]:
        return await desk.ask(FINANCE, "PUT", f"{LETTERS}/{level}", terms)

    # Nothing is due yet but a statement of what is open.
    assert (await desk.ask(FINANCE, "GET", api.DUE))[1]["claims"] == []
    assert [(await write(level))[0] for level in (0, 1, 4)] == [200, 412, 422]
    hub.clock.advance(40 * US_PER_DAY)
    (due,) = (await desk.ask(FINANCE, "GET", api.DUE))[1]["claims"]
    assert (due["document"], due["dunning_level"], due["overdue_days"]) == (NUMBER, 2, 26)
    assert [(await write(level))[0] for level in (3, 2, 1)] == [412, 412, 200]
    for terms in (FEE, FREE):
        status, second = await write(2, terms)
        assert (status, second["fee"], second["interest"]) == (200, "40.00", "1.72")
    # 267.54 x 9 % x 26 / 365 = 1.7152 EUR
    assert second["total"] == "309.26"
    assert (await desk.ask(FINANCE, "GET", api.DUE))[1]["claims"] == []
    listed = (await desk.ask(CUSTOMER, "GET", LETTERS))[1]["letters"]
    assert [letter["level"] for letter in listed] == [0, 1, 2]
    assert (await write(3, FEE | {"currency": "USD"}))[0] == 422
    assert (await desk.ask(CUSTOMER, "PUT", f"{LETTERS}/2", FEE))[0] == 403
    assert (await desk.ask(STRANGER, "PUT", f"{LETTERS}/2", FEE))[0] == 404
    assert (await desk.ask(STRANGER, "GET", f"{LETTERS}/2/letter.en.pdf"))[0] == 404
    assert (await desk.ask(FINANCE, "GET", f"{LETTERS}/3/letter.json"))[0] == 404
    assert (await desk.ask(FINANCE, "GET", f"{LETTERS}/2/letter.fr.pdf"))[0] == 404


def test_a_letter_asks_for_what_is_not_disputed(hub: Hub) -> None:
    desk = issued(hub)
    desk.open_dispute(CUSTOMER, NUMBER, "too much", {"base-fee": Decimal("67.54")})
    hub.clock.advance(40 * US_PER_DAY)
    (claim,) = desk.claims(FINANCE, NUMBER)
    document = canonical.decode(hub.billing.document(FINANCE, NUMBER).file)["document"]
    terms = DunningTerms(Money(Decimal("40.00"), "EUR"), Fraction(9))
    content = letter_content(document, claim, 2, terms, hub.clock.now())
    # 200.00 x 9 % x 26 / 365 = 1.2822 EUR
    said = {name: content[name] for name in ("open", "disputed", "interest", "total")}
    assert said == {
        "open": "267.54",
        "disputed": "67.54",
        "interest": "1.28",
        "total": "241.28",
    }
    for language in Language:
        amounts = letter_view(content, language)["amounts"]
        assert [LABELS[language]["disputed"], "67.54 EUR"] in amounts


def test_a_letter_is_signed_frozen_and_leaves_the_document_alone(hub: Hub) -> None:
    dunning = dunning_of(hub)
    before = hub.billing.document(FINANCE, NUMBER)
    hub.clock.advance(25 * US_PER_DAY)
    terms = DunningTerms(Money(Decimal("40.00"), "EUR"), Fraction(9))
    letter = dunning.write(FINANCE, NUMBER, 1, terms)
    with hub.database.read() as connection:
        event = canonical.decode(connection.scalars(sa.select(OUTBOX.c.payload)).all()[-1])
    assert (event["type"], event["data"]["organisation"]) == ("DunningLetterWritten", "riverside")
    file = canonical.decode(letter.file)
    (key,) = canonical.decode(hub.keys.key_file())["document_keys"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    public.verify(bytes.fromhex(file["signature"]), canonical.encode(file["letter"]))
    assert file["letter"]["document_sha256"] == before.sha256
    assert set(file["letter"]["pages"]) == {
        f"letter.{language}.{kind}" for language in Language for kind in ("html", "pdf")
    }
    for name, sha256 in file["letter"]["pages"].items():
        data = dunning.page(CUSTOMER, NUMBER, 1, name)
        assert canonical.sha256_hex(data) == sha256
        language = Language(name.split(".")[1])
        labels = LABELS[language]
        said = text_of(data) if name.endswith("pdf") else re.sub(r"\s", "", data.decode())
        interest = labels["interest"].format(percent="9", days=11, interest="0.73 EUR")
        fee = labels["fee"].format(fee="40.00 EUR")
        for text in (labels["title_1"], labels["text_1"], fee, interest, labels["unchanged"]):
            assert re.sub(r"\s", "", text) in said
        assert "308.27EUR" in said
        if name.endswith("pdf"):
            assert not check_pdfa(data)
    assert hub.billing.document(FINANCE, NUMBER) == before
    for table in (DUNNING_LETTER, DUNNING_PAGE):
        for change in (sa.update(table).values(level=3), sa.delete(table)):
            with (
                pytest.raises(sa.exc.IntegrityError, match="never changed"),
                hub.database.unit_of_work() as unit,
            ):
                unit.connection.execute(change)


def test_nobody_is_reminded_of_what_is_paid_or_disputed(hub: Hub) -> None:
    dunning = dunning_of(hub)
    receivables = dunning._parts.receivables
    free = DunningTerms(Money.zero("EUR"), Fraction(0))
    receivables.open_dispute(CUSTOMER, NUMBER, "the machine stood still")
    with pytest.raises(Exception, match="it is disputed"):
        dunning.write(FINANCE, NUMBER, 0, free)
    owed = hub.billing.document(FINANCE, NUMBER).gross
    receivables.record_payment(FINANCE, NUMBER, owed, DAY, "R-1")
    with pytest.raises(Exception, match="nothing is open"):
        dunning.write(FINANCE, NUMBER, 0, free)
    for fee, percent in (("-1.00", 0), ("0.00", 101), ("0.00", -1)):
        with pytest.raises(Invalid, match="expected neither"):
            DunningTerms(Money(Decimal(fee), "EUR"), Fraction(percent))
