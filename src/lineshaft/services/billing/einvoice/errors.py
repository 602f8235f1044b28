"""What the checks of electronic invoices find."""

import msgspec

from lineshaft.core.errors import Invalid

FINDINGS_SHOWN_MAX = 5


class Finding(msgspec.Struct, frozen=True):
    """One rule that a document breaks.

    Attributes:
        rule: its name, such as `BR-CO-15` of the norm, `XSD`, or `LS-CO-17` of our own.
        text: what was expected, and of what.
        is_warning: a document may break it and is an invoice all the same.
    """

    rule: str
    text: str
    is_warning: bool = False


class RulesBroken(Invalid):
    """An electronic invoice that breaks rules, with every finding."""

    def __init__(self, what: str, findings: tuple[Finding, ...]) -> None:
        """Name the first findings; `findings` has all of them."""
        self.findings = findings
        shown = "; ".join(f"{one.rule}: {one.text}" for one in findings[:FINDINGS_SHOWN_MAX])
        more = len(findings) - FINDINGS_SHOWN_MAX
        super().__init__(f"{what}: {shown}" + (f"; and {more} more" if more > 0 else ""))


class RulesNotRun(Invalid):
    """The official rules cannot be run on a document: no schema would accept it either."""


class XmlUnreadable(Invalid):
    """Bytes that are no UBL invoice or credit note as this product writes them."""
