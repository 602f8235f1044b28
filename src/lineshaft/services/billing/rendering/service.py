"""Renderings of documents: made and signed once, the same bytes ever after."""

from typing import Any

from lineshaft.core import canonical
from lineshaft.core.clock import Clock
from lineshaft.core.errors import InvariantError
from lineshaft.infrastructure.database import Database
from lineshaft.security.authorisation.model import Actor
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.document import decode_file
from lineshaft.services.billing.rendering.model import (
    Language,
    MediaType,
    Rendering,
    record_file,
    signed_record,
)
from lineshaft.services.billing.rendering.ports import RenderingStore
from lineshaft.services.billing.rendering.renderer import record_of, render
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.billing.service import Billing


class Renderings:
    """Gives a document as HTML, PDF or UBL, in English or Simplified Chinese."""

    def __init__(
        self,
        database: Database,
        store: RenderingStore,
        billing: Billing,
        keys: DocumentKeys,
        clock: Clock,
    ) -> None:
        """Take the database, the store on it, the documents, the signing key and the clock."""
        self._database = database
        self._store = store
        self._billing = billing
        self._keys = keys
        self._clock = clock

    def rendering(
        self, actor: Actor, number: str, media_type: MediaType, language: Language
    ) -> Rendering:
        """Return a rendering with its signed record; the first request makes and keeps it.

        A later release may set the page differently: what a customer was given stays as it was.

        Args:
            actor: who asks; must be allowed to read the document.
            number: of the document.
            media_type: HTML, PDF or UBL.
            language: of the words.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            MissingGlyph: when the PDF's fonts lack a character of the document.
            NotExpressible, RulesBroken: when the document can be no invoice of EN 16931.
            InvariantError: when the stored bytes are not the ones that were signed.
        """
        issued = self._billing.document(actor, number)
        with self._database.read() as connection:
            kept = self._store.find(connection, number, media_type, language)
        if kept is not None:
            return _checked(kept)
        data = render(issued.file, media_type, language)
        signed = canonical.encode(record_of(issued.file, data, media_type, language).to_content())
        with self._database.unit_of_work() as unit:
            unit.lock(f"rendering:{number}")
            kept = self._store.find(unit.connection, number, media_type, language)
            if kept is not None:
                return _checked(kept)
            signature = self._keys.sign(unit.connection, signed)
            record = record_file(signed, signature.key_id, signature.signature)
            made = Rendering(number, media_type, language, data, record, self._clock.now())
            self._store.insert(unit.connection, made)
        return made

    def is_made(self, actor: Actor, number: str) -> bool:
        """Tell whether the PDF of a document is made, in any language: it can be handed out.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        self._billing.document(actor, number)
        with self._database.read() as connection:
            return any(
                self._store.find(connection, number, MediaType.PDF, language) is not None
                for language in Language
            )

    def view(self, actor: Actor, number: str, language: Language) -> dict[str, Any]:
        """Return what the renderings of a document say, text by text, for a page to lay out.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
        """
        issued = self._billing.document(actor, number)
        return view_of(decode_file(issued.file).document, language)


def _checked(rendering: Rendering) -> Rendering:
    """Pass a stored rendering whose bytes are those of its record."""
    if signed_record(rendering.record).sha256 != canonical.sha256_hex(rendering.data):
        msg = f"the stored {rendering.media_type} of document {rendering.number} was changed"
        raise InvariantError(msg)
    return rendering
