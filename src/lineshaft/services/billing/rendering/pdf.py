"""PDF/A-3a by Typst, byte for byte the same from the same document.

Fonts are the shipped ones and no others, the date of the file is the date of issue, and a
character that the fonts lack is an error (PDF/A forbids the missing-glyph box, ISO 19005-3,
clause 6.2.11.8). The signed document rides along as an attachment (ISO 19005-3, clause 6.8).
"""

import atexit
import json
from contextlib import ExitStack
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, cast

from lineshaft.core.errors import InvariantError
from lineshaft.core.period import US_PER_S, Instant
from lineshaft.services.billing.rendering.errors import MissingGlyph

if TYPE_CHECKING:
    from typst import Compiler, Fonts

PDF_STANDARD: Final = "a-3a"
COMPILERS_KEPT_MAX: Final = 8
"""Of all templates and threads; each keeps a template and finds no fonts anew."""
_ROOM = "lineshaft.services.billing.rendering"


def to_pdf(
    view: dict[str, Any], document: bytes, issued_at: Instant, facturx: bytes | None = None
) -> bytes:
    """Set the pages of a document.

    Args:
        view: formatted words and figures, see `view.py`.
        document: exact bytes of INVOICE.json.
        issued_at: becomes the date of the file.
        facturx: the invoice in CII, to be attached as well (`einvoice/facturx.py`).

    Raises:
        MissingGlyph: when a text has a character that the shipped fonts lack.
    """
    inputs = {"document": document.decode()}
    if facturx is not None:
        inputs["facturx"] = facturx.decode()
    return compiled((_ROOM, "invoice.typ"), inputs, view, issued_at)


def compiled(
    template: tuple[str, str], inputs: dict[str, str], view: dict[str, Any], issued_at: Instant
) -> bytes:
    """Set the pages of a template.

    Args:
        template: its package and its name.
        inputs: what it takes beside the view.
        view: formatted words and figures.
        issued_at: becomes the date of the file.

    Raises:
        MissingGlyph: when a text has a character that the shipped fonts lack.
    """
    import typst  # noqa: PLC0415 - 8 MB, for the processes that set pages only

    try:
        pdf = _compiler(template, get_ident()).compile(
            format="pdf",
            sys_inputs=inputs | {"view": json.dumps(view)},
            pdf_standards=[PDF_STANDARD],
            timestamp=issued_at // US_PER_S,
        )
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            msg = f"cannot set document {view['number']} as PDF: {error.message}; "
            msg += "the HTML shows it in the reader's own fonts"
            raise MissingGlyph(msg) from error
        msg = f"the template of the PDF does not compile: {error.message}"
        raise InvariantError(msg) from error
    return cast("bytes", pdf)  # one file of a PDF, however many pages


@lru_cache(COMPILERS_KEPT_MAX)
def _compiler(template: tuple[str, str], _thread: int) -> "Compiler":
    """Return the compiler of a template; one thread at a time may use it, hence one for each."""
    import typst  # noqa: PLC0415 - see above

    page = _shipped(*template)
    return typst.Compiler(page, font_paths=_fonts(), ignore_system_fonts=True)


@cache
def _fonts() -> "Fonts":
    """Return the shipped fonts, found once; they are read when a page needs them."""
    import typst  # noqa: PLC0415 - see above

    return typst.Fonts(include_system_fonts=False, font_paths=[_shipped(_ROOM, "fonts")])


def _shipped(package: str, name: str) -> Path:
    """Return the place of a shipped file, which stays until the process ends."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(as_file(files(package).joinpath(name)))
