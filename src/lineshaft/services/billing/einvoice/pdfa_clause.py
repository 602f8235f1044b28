"""What a clause of ISO 19005-3 is to the check: its number, what it asks, and how to look."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from lineshaft.services.billing.einvoice.pdf_file import PdfFile

Look = Callable[[PdfFile], Iterator[str]]
"""Gives a sentence for each place where a file breaks the clause."""


class Clause(msgspec.Struct, frozen=True):
    """One requirement of ISO 19005-3:2012.

    Attributes:
        number: of the clause, `-`, and the number of the requirement within it, in the order of
            the validation profile of the PDF Association for level A.
        says: what is required.
        look: finds where a file breaks it.
    """

    number: str
    says: str
    look: Look


def forbidden(
    select: Callable[[PdfFile], list[dict[str, Any]]], what: str, *keys: str
) -> Callable[[PdfFile], Iterator[str]]:
    """Return a look for dictionaries that have a key which none of them may have."""

    def look(file: PdfFile) -> Iterator[str]:
        for found in select(file):
            for key in keys:
                if key in found:
                    yield f"{what} has {key}"

    return look


def typed(*names: str) -> Callable[[PdfFile], list[dict[str, Any]]]:
    """Return a selection of the dictionaries of some types."""
    return lambda file: [found for name in names for found in file.typed(name)]


def catalog(file: PdfFile) -> list[dict[str, Any]]:
    """Select the document catalog."""
    return [file.catalog]
