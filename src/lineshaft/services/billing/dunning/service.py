"""Write a letter, list what is due, hand out pages: the use cases of reminders."""

from collections.abc import Mapping

import msgspec

from lineshaft.core import canonical
from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.errors import Invalid
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database, OutboxMessage
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.document import decode_file
from lineshaft.services.billing.dunning.errors import LetterNotDue, LetterNotFound
from lineshaft.services.billing.dunning.events import dunning_letter_written
from lineshaft.services.billing.dunning.model import (
    LEVEL_MAX,
    DunningTerms,
    Letter,
    letter_content,
)
from lineshaft.services.billing.dunning.pages import letter_pages
from lineshaft.services.billing.dunning.ports import LetterStore
from lineshaft.services.billing.receivables.model import PERIODS_PAGE_MAX, Claim, ClaimPage
from lineshaft.services.billing.receivables.service import Receivables
from lineshaft.services.billing.service import EVENT_SUBJECT, Billing


class DunningParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of reminders take."""

    database: Database
    store: LetterStore
    billing: Billing
    receivables: Receivables
    keys: DocumentKeys
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource


class Dunning:
    """Letters on what is owed; they change no document and post nothing."""

    def __init__(self, parts: DunningParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._store = parts.store

    def due(
        self, actor: Actor, before: str | None = None, limit: int = PERIODS_PAGE_MAX
    ) -> ClaimPage:
        """Return what a letter is due for and not yet written, of a page of periods.

        Args:
            actor: who asks.
            before: number of a first document, to go on behind it: `next` of the page before.
            limit: how many periods are looked at, at most `PERIODS_PAGE_MAX`.
        """
        page = self._parts.receivables.open_claims(actor, before, limit)
        numbers = [claim.document.number for claim in page.claims]
        with self._parts.database.read() as connection:
            letters = self._store.letters(connection, numbers)
        written = {letter.document: letter.level for letter in letters}
        claims = [
            claim
            for claim in page.claims
            if claim.dunning_level > written.get(claim.document.number, 0)
        ]
        return ClaimPage(claims=tuple(claims), next=page.next)

    def write(self, actor: Actor, number: str, level: int, terms: DunningTerms) -> Letter:
        """Write a letter with all its pages, once: asked again, the same letter is the answer.

        Args:
            actor: who asks.
            number: of the document.
            level: 0 for a statement of what is open, 1 to `LEVEL_MAX` for a reminder.
            terms: fee and interest that it states.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            LetterNotFound: for a level that no letter has.
            LetterNotDue: when nothing is open, it is disputed, or another letter comes first.
            Invalid: for a fee in another currency.
        """
        issued = self._parts.billing.document(actor, number)
        resource = Resource("document", number, organisation=issued.organisation)
        self._parts.authorizer.authorize(actor, Action.DUNNING_WRITE, resource)
        if not 0 <= level <= LEVEL_MAX:
            raise _no_letter(number, level)
        if terms.fee.currency != issued.gross.currency:
            msg = f"a fee of {terms.fee} for document {number}: expected {issued.gross.currency}"
            raise Invalid(msg)
        known = self.letters(actor, number)
        same = next((letter for letter in known if letter.level == level), None)
        if same is not None:
            return same
        claim = self._claim(actor, number)
        _check_due(claim, level, known[-1].level if known else None)
        now = self._parts.clock.now()
        content = letter_content(decode_file(issued.file).document, claim, level, terms, now)
        return self._write(actor, issued.organisation, content, letter_pages(content))

    def letters(self, actor: Actor, number: str) -> list[Letter]:
        """Return the letters of a document, by level.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        self._parts.billing.document(actor, number)
        with self._parts.database.read() as connection:
            return self._store.letters(connection, [number])

    def page(self, actor: Actor, number: str, level: int, name: str) -> bytes:
        """Return a file of a letter: `letter.json`, or a page such as `letter.en.pdf`.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            LetterNotFound: when there is no such letter, or it has no such file.
        """
        letters = self.letters(actor, number)
        letter = next((each for each in letters if each.level == level), None)
        if letter is None:
            raise _no_letter(number, level)
        if name == "letter.json":
            return letter.file
        with self._parts.database.read() as connection:
            found = self._store.page(connection, number, level, name)
        if found is None:
            msg = f"letter {level} of document {number} has no file {name[:80]!r}"
            raise LetterNotFound(msg)
        return found

    def _claim(self, actor: Actor, number: str) -> Claim:
        claims = self._parts.receivables.claims(actor, number)
        return next(claim for claim in claims if claim.document.number == number)

    def _write(
        self,
        actor: Actor,
        organisation: str,
        content: dict[str, object],
        pages: Mapping[str, bytes],
    ) -> Letter:
        """Sign the letter with the hashes of its pages, and keep them; another may be faster."""
        number, level = str(content["document"]), int(str(content["level"]))
        hashes = {name: canonical.sha256_hex(data) for name, data in sorted(pages.items())}
        said = content | {"pages": hashes}
        parts = self._parts
        with parts.database.unit_of_work() as unit:
            unit.lock(f"receivables:{number}")
            known = self._store.letters(unit.connection, [number])
            same = next((letter for letter in known if letter.level == level), None)
            if same is not None:
                return same
            signature = parts.keys.sign(unit.connection, canonical.encode(said))
            file = canonical.encode(
                {
                    "letter": said,
                    "key_id": signature.key_id,
                    "signature": signature.signature.hex(),
                }
            )
            letter = Letter(
                document=number,
                level=level,
                written_at=parse_instant(str(content["written_at"])),
                written_by=actor.id,
                file=file,
            )
            self._store.add(unit.connection, letter, pages)
            event = dunning_letter_written(parts.ids.new_id("evt"), letter, organisation)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
            detail = {"level": level, "sha256": letter.sha256}
            subject = f"document/{number}"
            parts.audit.append(unit.connection, actor, Action.DUNNING_WRITE, subject, detail)
        return letter


def _check_due(claim: Claim, level: int, written: int | None) -> None:
    """Pass a level that may be written now: none is left out, and none is before its time.

    Args:
        claim: what is open today.
        level: of the letter.
        written: level of the last letter; None for none.

    Raises:
        LetterNotDue: when it may not, saying why.
    """
    number = claim.document.number
    if claim.open.as_fraction() <= 0:
        msg = f"cannot remind of document {number}: nothing is open"
    elif claim.undisputed.as_fraction() <= 0:
        msg = f"cannot remind of document {number}: it is disputed"
    elif level > claim.dunning_level:
        msg = f"letter {level} of document {number} is not due: {claim.dunning_level} is"
    elif level > max(1, (written or 0) + 1):
        msg = f"cannot write letter {level} of document {number}: letter {level - 1} comes first"
    else:
        return
    raise LetterNotDue(msg)


def _no_letter(number: str, level: int) -> LetterNotFound:
    return LetterNotFound(f"document {number} has no letter {level}")
