"""The official unit tests of the rules: a document each, and the rule that it passes or fails.

Test sets of `http://difi.no/xsd/vefa/validator/1.0`; they are read from `../shared/data/en16931`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from lineshaft.services.billing.einvoice.official import ubl_rules

CASES = 1_131
_SET = "{http://difi.no/xsd/vefa/validator/1.0}"
_FOLDERS = ("Invoice-unit-UBL", "CreditNote-unit-UBL")


@dataclass(frozen=True)
class Case:
    """One document, the rules that it must pass, and those that it must break."""

    name: str
    document: bytes
    successes: frozenset[str]
    errors: frozenset[str]
    warnings: frozenset[str]

    def complaint(self) -> str | None:
        """Say what is not as expected; None when all is."""
        found = ubl_rules().findings(self.document)
        errors = {finding.rule for finding in found if not finding.is_warning}
        warnings = {finding.rule for finding in found if finding.is_warning}
        missed = self.errors - errors | self.warnings - warnings
        wrong = self.successes & (errors | warnings)
        if missed or wrong:
            return f"{self.name}: {sorted(missed)} was not found, {sorted(wrong)} was"
        return None


def cases(data: Path) -> list[Case]:
    """Return all cases below `../shared/data/en16931`, in order."""
    paths = [path for folder in _FOLDERS for path in sorted((data / folder).glob("*.xml"))]
    return [case for path in paths for case in _of(path)]


def _of(path: Path) -> Iterator[Case]:
    for number, test in enumerate(etree.parse(path).getroot().iter(f"{_SET}test"), start=1):
        documents = [child for child in test if child.tag != f"{_SET}assert"]
        documents = [child for child in documents if isinstance(child.tag, str)]
        assert len(documents) == 1, f"{path.name}: test {number} has {len(documents)} documents"
        yield Case(
            f"{path.parent.name}/{path.name} test {number}",
            etree.tostring(documents[0]),
            _rules(test, "success"),
            _rules(test, "error"),
            _rules(test, "warning"),
        )


def _rules(test: etree._Element, kind: str) -> frozenset[str]:
    return frozenset(found.text.strip() for found in test.iter(f"{_SET}{kind}"))
