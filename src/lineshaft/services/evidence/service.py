"""The proof of a document, and the way from an invoice line down to its readings."""

from collections.abc import Iterator

from lineshaft.core.errors import NotFound
from lineshaft.core.pages import Page, PageRequest
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.model import BlockProof
from lineshaft.platform.historian.service import Historian
from lineshaft.security.authorisation.model import SYSTEM_WORKER, Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.keys.model import Signature
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.document import decode_file
from lineshaft.services.billing.model import IssuedDocument
from lineshaft.services.billing.service import Billing
from lineshaft.services.evidence.behind import page_behind
from lineshaft.services.evidence.bundle import bundle_file
from lineshaft.services.evidence.model import LineReading, Report
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.metering.model import UsageRecord

_FIRST_PAGE = PageRequest()


class Evidence:
    """Hands out what a document rests on to those who may read the document.

    Whether the actor may is decided on the document alone; the blocks reach a little beyond the
    billed period, so the historian is then asked by the hub itself.
    """

    def __init__(
        self,
        database: Database,
        billing: Billing,
        historian: Historian,
        keys: DocumentKeys,
        authorizer: Authorizer,
    ) -> None:
        """Take the documents, the readings below them, and the key that signs bundles."""
        self._database = database
        self._billing = billing
        self._historian = historian
        self._keys = keys
        self._authorizer = authorizer

    def bundle(self, actor: Actor, number: str) -> bytes:
        """Return the file of the evidence bundle of a document, made anew from the stored rows.

        Args:
            actor: who asks.
            number: of the document.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            Forbidden: when the actor may not see evidence.
            BundleTooLarge: when the document rests on too many blocks for one file.
            ProofBroken: when the stored rows do not lead to what the sources signed.
        """
        issued, usage = self._document(actor, number)
        return bundle_file(issued.file, number, self._proofs(usage), self._sign)

    def _sign(self, data: bytes | memoryview) -> Signature:
        with self._database.read() as connection:
            return self._keys.sign(connection, data)

    def readings_behind(
        self, actor: Actor, number: str, line: str, page: PageRequest = _FIRST_PAGE
    ) -> Page[LineReading]:
        """Return a page of the stored records behind an invoice line, in the order of time.

        Args:
            actor: who asks.
            number: of the document.
            line: id of the line.
            page: how many, and behind which cursor.

        Raises:
            DocumentNotFound: when there is no such document, or the actor may not see it.
            Forbidden: when the actor may not see evidence.
            NotFound: when the document has no such line.
            Invalid: when the cursor is none that we gave.
        """
        issued, usage = self._document(actor, number)
        lines = decode_file(issued.file).document["lines"]
        places = next((entry["usage"] for entry in lines if entry["id"] == line), None)
        if places is None:
            msg = f"document {number} has no line {line}"
            raise NotFound(msg)
        return page_behind(self._historian, [(place, usage[place]) for place in places], page)

    def report(self, actor: Actor, number: str) -> Report:
        """Check a document as anybody can offline: from its bytes, a bundle and the key file.

        It is the supplier's own check; a customer who wants to trust nobody runs `lineshaft verify`
        on the files.

        Raises:
            As `bundle` does.
        """
        issued = self._billing.document(actor, number)
        bundle, keys = self.bundle(actor, number), self._keys.key_file()
        earlier = [
            self._billing.document(actor, head.number).file
            for head in self._billing.of_period(actor, number)
            if head.correction < issued.correction
        ]
        return verify(issued.file, JSON, keys, bundle=bundle, corrected=earlier)

    def _document(self, actor: Actor, number: str) -> tuple[IssuedDocument, list[UsageRecord]]:
        issued = self._billing.document(actor, number)
        resource = Resource("document", number, organisation=issued.organisation)
        self._authorizer.authorize(actor, Action.EVIDENCE_READ, resource)
        content = decode_file(issued.file).document
        return issued, [UsageRecord.from_content(record) for record in content["usage"]]

    def _proofs(self, usage: list[UsageRecord]) -> Iterator[BlockProof]:
        for record in usage:
            for part in record.ranges:
                yield from self._historian.proofs(
                    SYSTEM_WORKER,
                    record.signal_of(part),
                    (part.source, part.epoch),
                    (part.first_ordinal, part.last_ordinal),
                )
