"""PDF/A-3 (ISO 19005-3:2012, level A): a table of clauses, each with its own look at the file.

No validator of others runs here: what passes was **not validated by veraPDF**. The table covers
what our documents are made of; `docs/e-invoices.md` lists it, and what it leaves out.
"""

from typing import Final

from lineshaft.services.billing.einvoice import (
    pdfa_document_clauses,
    pdfa_file_clauses,
    pdfa_graphics_clauses,
)
from lineshaft.services.billing.einvoice.errors import Finding
from lineshaft.services.billing.einvoice.pdf_file import PdfFile, PdfUnreadable
from lineshaft.services.billing.einvoice.pdfa_clause import Clause

NOT_VALIDATED: Final = "not validated by veraPDF"
"""Stands beside every result of this check."""
UNREADABLE: Final = "ISO 32000-1"
"""Rule of the finding that a file cannot be read at all."""

CLAUSES: Final[tuple[Clause, ...]] = (
    *pdfa_file_clauses.CLAUSES,
    *pdfa_graphics_clauses.CLAUSES,
    *pdfa_document_clauses.CLAUSES,
)


def check_pdfa(data: bytes) -> tuple[Finding, ...]:
    """Return every clause that a file breaks, with the first place of each; empty when none."""
    try:
        file = PdfFile(data)
    except PdfUnreadable as error:
        return (Finding(UNREADABLE, str(error)),)
    return tuple(found for clause in CLAUSES for found in _findings(file, clause))


def _findings(file: PdfFile, clause: Clause) -> list[Finding]:
    rule = f"ISO 19005-3, {clause.number}"
    try:
        found = next(clause.look(file), None)
    except PdfUnreadable as error:
        found = str(error)
    return [] if found is None else [Finding(rule, f"{clause.says}; {found}")]
