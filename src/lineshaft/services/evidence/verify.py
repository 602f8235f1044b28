"""Check a document offline, from the page back to the readings that the machines' sources signed.

Pure: bytes in, report out. Every figure is computed again by the functions that made it, from the
rows in the bundle, and compared byte for byte; what could not be checked is said.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import LineshaftError
from lineshaft.security.keys.model import KeyFile, Signature
from lineshaft.services.billing.document import (
    DocumentFile,
    check_totals,
    corrected_by,
    decode_file,
    documented,
    recompute,
)
from lineshaft.services.billing.model import Documented
from lineshaft.services.billing.rendering.model import RenderingRecord
from lineshaft.services.evidence.carriers import document_in
from lineshaft.services.evidence.chain import (
    SourceKeys,
    check_blocks,
    check_claim,
    check_headers,
    check_nothing_else,
    evidence_of,
    open_ends,
    signed_bytes,
)
from lineshaft.services.evidence.difference import first_difference
from lineshaft.services.evidence.envelope import read_envelope
from lineshaft.services.evidence.errors import WrongEvidence
from lineshaft.services.evidence.model import Check, Outcome, Report
from lineshaft.services.evidence.reading import Bundle, BundleFile, read_bundle
from lineshaft.services.evidence.signatures import SignatureCheck
from lineshaft.services.evidence.usage import measured_again, words_of
from lineshaft.services.metering.model import Evidence, UsageRecord

JSON, HTML, PDF = "application/json", "text/html", "application/pdf"
MEDIA_TYPES = {".json": JSON, ".html": HTML, ".htm": HTML, ".pdf": PDF}
RECORD_BYTES_MAX = 16 * 1024

UNREADABLE = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)
"""What content of the wrong shape makes our functions raise: it is somebody else's content."""

_T = TypeVar("_T")


def media_type_of(name: str) -> str:
    """Return the media type of a file by the end of its name.

    Raises:
        WrongEvidence: when it is none that can be verified.
    """
    media_type = MEDIA_TYPES.get(PurePath(name).suffix.lower())
    if media_type is None:
        msg = f"cannot verify {name}: expected a name that ends with .json, .html or .pdf"
        raise WrongEvidence(msg)
    return media_type


def verify(  # noqa: PLR0913 - the files that somebody may have of a document
    file: bytes,
    media_type: str,
    keys: bytes,
    *,
    bundle: bytes | None = None,
    rendering: bytes | None = None,
    corrected: Sequence[bytes] = (),
) -> Report:
    """Check a document, or a rendering of it, and everything that it rests on.

    Args:
        file: exact bytes of INVOICE.json, or of its HTML or PDF.
        media_type: of the file.
        keys: exact bytes of the key file; that it is the supplier's is for the reader to know.
        bundle: exact bytes of the evidence bundle; without it the usage is not recomputed.
        rendering: exact bytes of the rendering record; without it the look of a page or PDF is
            not checked, only the signed document that it carries.
        corrected: exact bytes of the documents that it corrects; without one, what it says of it
            is not checked.
    """
    return _Verification(file, media_type, keys, corrected).run(bundle, rendering)


class _Verification(msgspec.Struct):
    """One run; each check is made whatever the others found, as far as there is something left."""

    file: bytes
    media_type: str
    keys: bytes
    corrected: Sequence[bytes] = ()
    checks: list[Check] = msgspec.field(default_factory=list)

    def run(self, bundle: bytes | None, rendering: bytes | None) -> Report:
        key_file = self._check("key file", lambda: KeyFile.parse(self.keys), "can be read")
        data = self._check(
            "file", lambda: document_in(self.file, self.media_type), "carries a document"
        )
        document = None
        if data is not None:
            document = self._check("document form", lambda: decode_file(data), "exact")
        if key_file is not None and data is not None and document is not None:
            self._authenticity(key_file, document)
            self._rendering(key_file, data, rendering)
            self._figures(document.document)
            self._corrected(key_file, document.document)
            self._evidence(key_file, data, document.document, bundle)
        return Report(tuple(self.checks))

    def _check(self, name: str, attempt: Callable[[], _T], passed: str) -> _T | None:
        """Make a check: what it returns, or None after a failure that is written down."""
        try:
            result = attempt()
        except LineshaftError as error:
            self._note(name, Outcome.FAILED, str(error))
            return None
        except UNREADABLE as error:
            detail = f"it cannot be read: {type(error).__name__} {error}"
            self._note(name, Outcome.FAILED, detail)
            return None
        self._note(name, Outcome.PASSED, passed)
        return result

    def _note(self, name: str, outcome: Outcome, detail: str) -> None:
        self.checks.append(Check(name, outcome, detail))

    def _authenticity(self, key_file: KeyFile, document: DocumentFile) -> None:
        signature = Signature(document.key_id, document.signature)
        self._check(
            "document signature",
            lambda: key_file.verify(document.signed_bytes, signature),
            f"document {document.document.get('number')} is authentic",
        )

    def _rendering(self, key_file: KeyFile, data: bytes, record: bytes | None) -> None:
        if record is not None:
            self._check(
                "rendering",
                lambda: _check_rendering(key_file, record, (self.file, self.media_type), data),
                "this is how the supplier showed the document",
            )
        elif self.media_type != JSON:
            self._note(
                "rendering",
                Outcome.UNCHECKED,
                "what the pages show was not checked, only the signed document that the file "
                "carries: no rendering record was given",
            )

    def _figures(self, document: dict[str, Any]) -> None:
        self._check("totals", lambda: check_totals(document), "every sum is exact")
        self._check("rating", lambda: _rated(document), "every line follows from the usage")

    def _corrected(self, key_file: KeyFile, document: dict[str, Any]) -> None:
        """Compare what a correction says of the documents before it with their files."""
        named = self._corrected_by(document)
        files = {canonical.sha256_hex(file): file for file in self.corrected}
        for said in named:
            name, file = f"corrected {said.number}", files.get(said.sha256)
            if file is None:
                self._note(
                    name, Outcome.UNCHECKED, "what it says was not checked: its file was not given"
                )
            else:
                self._check(
                    name,
                    partial(_check_corrected, key_file, file, said, document),
                    "is authentic, and says what this document says of it",
                )

    def _corrected_by(self, document: dict[str, Any]) -> list[Documented]:
        if "corrects" not in document:
            return []
        named = self._check("corrects", lambda: corrected_by(document), "names other documents")
        return named or []

    def _evidence(
        self, key_file: KeyFile, data: bytes, document: dict[str, Any], bundle: bytes | None
    ) -> None:
        if bundle is None:
            self._note(
                "usage",
                Outcome.UNCHECKED,
                "document authentic, usage not recomputed: no evidence bundle was given",
            )
            return
        with SignatureCheck() as signatures:
            file = self._check(
                "bundle form", lambda: _read(bundle, signatures, key_file.source_key), "exact"
            )
            if file is not None:
                self._bundle(file, signatures, key_file, data, document)

    def _bundle(
        self,
        file: BundleFile,
        signatures: SignatureCheck,
        key_file: KeyFile,
        data: bytes,
        document: dict[str, Any],
    ) -> None:
        proofs = file.bundle
        self._check(
            "bundle signature",
            lambda: key_file.verify(file.signed, file.signature),
            "the bundle is authentic",
        )
        self._check("bundle", lambda: _belongs(proofs, data, document), "is of this document")
        place = len(self.checks)
        self._readings(proofs, document)
        self._check(
            "segment signatures",
            lambda: check_headers(proofs, signatures),
            f"{len(proofs.headers)} segments were signed by their sources",
        )
        # It was begun first, and stands first; the others were made while it ran.
        self.checks.insert(place, self.checks.pop())

    def _readings(self, proofs: Bundle, document: dict[str, Any]) -> None:
        count = sum(block.head.count for s in proofs.series for block in s.blocks)
        self._check("readings", lambda: check_blocks(proofs), f"{count} records are as signed")
        claims = self._check("usage records", lambda: _claims(document), "can be read")
        for number, claim in enumerate(claims or (), start=1):
            self._usage(proofs, claim, number)
        self._check(
            "disclosure",
            lambda: check_nothing_else(proofs, claims or ()),
            "the bundle holds nothing that the document does not rest on",
        )
        self._limits(proofs, claims or ())

    def _usage(self, proofs: Bundle, claim: UsageRecord, number: int) -> None:
        name = f"usage {number} ({claim.meter.id})"
        evidence = self._check(
            f"{name} evidence",
            lambda: check_claim(proofs, claim),
            "all named records are there, in one unbroken count",
        )
        self._check(
            name,
            lambda: _measured(proofs, claim, evidence),
            f"{claim.quantity} follows from the readings",
        )

    def _limits(self, proofs: Bundle, claims: tuple[UsageRecord, ...] | list[UsageRecord]) -> None:
        self._note("sources", Outcome.LIMIT, "other sources of these series are not known to me")
        for number, claim in enumerate(claims, start=1):
            for end in open_ends(proofs, claim):
                self._note(
                    f"usage {number} ({claim.meter.id})",
                    Outcome.LIMIT,
                    f"no later record of {end.source}/{end.epoch} covers the end of the period: "
                    "what it recorded after that is not known to me",
                )
            if claim.known_until is not None:
                self._note(
                    f"usage {number} ({claim.meter.id})",
                    Outcome.LIMIT,
                    "that the source lived and had nothing to say after its last record is the "
                    "supplier's word",
                )
            for word in words_of(claim):
                self._note(f"usage {number} ({claim.meter.id})", Outcome.LIMIT, word)


def _check_rendering(
    key_file: KeyFile, record_file: bytes, carrier: tuple[bytes, str], document: bytes
) -> None:
    envelope = read_envelope(record_file, "rendering", RECORD_BYTES_MAX)
    key_file.verify(envelope.signed, Signature(envelope.key_id, envelope.signature))
    record = RenderingRecord.from_content(envelope.content)
    file, media_type = carrier
    expected = {
        "media type": (record.media_type.value, media_type),
        "document": (record.document_sha256, canonical.sha256_hex(document)),
        "size": (record.size, len(file)),
        "bytes": (record.sha256, canonical.sha256_hex(file)),
    }
    for what, (said, found) in expected.items():
        if said != found:
            msg = f"the {what} of the file is not the one that the record names: {found}"
            raise WrongEvidence(msg)


def _check_corrected(
    key_file: KeyFile, file: bytes, said: Documented, document: dict[str, Any]
) -> None:
    earlier = decode_file(file)
    key_file.verify(earlier.signed_bytes, Signature(earlier.key_id, earlier.signature))
    if documented(earlier.document, said.sha256) != said:
        msg = f"document {said.number} says something else than this document says of it"
        raise WrongEvidence(msg)
    for what in ("service_period", "currency"):
        difference = first_difference(document[what], earlier.document[what])
        if difference is not None:
            msg = f"document {said.number} is of another {what.replace('_', ' ')}: {difference}"
            raise WrongEvidence(msg)
    if earlier.document["contract"]["id"] != document["contract"]["id"]:
        msg = f"document {said.number} is of contract {earlier.document['contract']['id']}"
        raise WrongEvidence(msg)


def _rated(document: dict[str, Any]) -> None:
    difference = first_difference(document, recompute(document))
    if difference is not None:
        raise WrongEvidence(difference)


def _read(bundle: bytes, signatures: SignatureCheck, key_of: SourceKeys) -> BundleFile:
    """Read a bundle; the signatures of its headers are checked beside that and from then on."""
    return read_bundle(
        bundle,
        lambda headers: signatures.begin(lambda: signed_bytes(headers, key_of), len(headers)),
    )


def _belongs(proofs: Bundle, data: bytes, document: dict[str, Any]) -> None:
    if proofs.document_sha256 != canonical.sha256_hex(data):
        msg = f"the bundle is of document {proofs.number}, or of other bytes of this one"
        raise WrongEvidence(msg)
    if proofs.number != document.get("number"):
        msg = f"the bundle says that it is of document {proofs.number}"
        raise WrongEvidence(msg)


def _claims(document: dict[str, Any]) -> list[UsageRecord]:
    return [UsageRecord.from_content(content) for content in document.get("usage", ())]


def _measured(proofs: Bundle, claim: UsageRecord, evidence: Evidence | None) -> None:
    measured = measured_again(proofs, claim, evidence or evidence_of(proofs, claim))
    difference = first_difference(claim.to_content(), measured.to_content())
    if difference is not None:
        raise WrongEvidence(difference)
