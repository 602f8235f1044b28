"""The rules as they run find what the publishers' rules find, in the same order and words."""

import copy
from collections.abc import Callable
from random import Random

import pytest
from lxml import etree

from lineshaft.services.billing.einvoice import official
from lineshaft.services.billing.einvoice.cii import to_cii
from lineshaft.services.billing.einvoice.errors import Finding, RulesNotRun
from lineshaft.services.billing.einvoice.lean_rules import CODES, lean
from lineshaft.services.billing.einvoice.model import EInvoice, from_document
from lineshaft.services.billing.einvoice.official import Schematron, cii_rules, ubl_rules
from lineshaft.services.billing.einvoice.ubl import to_ubl
from tests.services.einvoice.documents import example, with_lines

BROKEN = 12
CHANGES = 3
TEXTS = ("AE", "S", "O", "VAT", "", " ", "30", "12.345", "nobody", "0")
ATTRIBUTES = ("currencyID", "schemeID", "unitCode", "format")


def published_ubl() -> Schematron:
    return Schematron(official._file(official.UBL_RULES).decode())


def published_cii() -> Schematron:
    """Return the publisher's rules with the lists of codes within them, as no file is beside."""
    codes = official._file(official.CII_CODES).decode().partition("?>")[2]
    rules = official._file(official.CII_RULES).decode()
    rules = rules.replace(f"document('{official.CII_CODES}')", "$lists")
    told = f'<xsl:variable name="lists">{codes}</xsl:variable></xsl:stylesheet>'
    return Schematron(rules.replace("</xsl:stylesheet>", told))


def broken(data: bytes, random: Random) -> bytes:
    """Return an invoice with some elements doubled, left out or said otherwise."""
    root = etree.fromstring(data)
    for _ in range(CHANGES):
        one = random.choice(list(root.iter())[1:])
        holder = one.getparent()
        assert holder is not None
        match random.randrange(4):
            case 0:
                holder.remove(one)
            case 1:
                holder.append(copy.deepcopy(one))
            case 2:
                one.set(random.choice(ATTRIBUTES), random.choice(TEXTS))
            case _ if not len(one):
                one.text = random.choice(TEXTS)
    return etree.tostring(root)


@pytest.mark.parametrize(
    ("write", "run", "published"),
    [(to_ubl, ubl_rules, published_ubl), (to_cii, cii_rules, published_cii)],
    ids=["UBL", "CII"],
)
def test_broken_invoices_break_the_same_rules(
    write: Callable[[EInvoice], bytes],
    run: Callable[[], Schematron],
    published: Callable[[], Schematron],
) -> None:
    lines = [("100", "S", "19"), ("20.005", "S", "7"), ("5", "Z", "0"), ("7", "AE", "0")]
    right = [write(from_document(each)) for each in (example(), with_lines(*lines))]
    whole, random, rules = published(), Random(0), set()
    for data in (*right, *(broken(random.choice(right), random) for _ in range(BROKEN))):
        found = outcome(whole, data)
        assert outcome(run(), data) == found
        rules |= {finding.rule for finding in found}
    assert len(rules) > BROKEN


def outcome(rules: Schematron, data: bytes) -> tuple[Finding, ...]:
    """Return what is found, or that the rules cannot be run on what no schema would accept."""
    try:
        return rules.findings(data)
    except RulesNotRun:
        return (Finding("none", "the rules cannot be run"),)


def test_the_only_rule_of_a_pattern_is_asked_directly_and_a_code_by_its_key() -> None:
    text = lean(official._file(official.CII_RULES))
    assert 'select="//ram:PayeeTradeParty"' in text
    assert f"key('{CODES}', concat('6 ', $codeValue6), ${CODES})" in text
    assert '<xsl:when test="document(' not in text
    assert "fired-rule" not in text


@pytest.mark.parametrize("pattern", ["cbc:ID/@schemeID", "cbc:ID | @schemeID", "@schemeID"])
def test_attributes_are_walked_where_a_rule_is_about_one(pattern: str) -> None:
    published = official._file(official.UBL_RULES).decode()
    walk = 'mode="M12" select="@*|*"'
    assert walk not in lean(published.encode())
    changed = published.replace(
        'match="cac:PayeeParty" mode="M12"', f'match="{pattern}" mode="M12"'
    )
    assert changed != published
    assert walk in lean(changed.encode())
