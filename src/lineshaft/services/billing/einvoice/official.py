"""The official checks, in process: schemas of UBL 2.1 and Factur-X, rules of EN 16931 (schematron).

The files are those of the publishers, unchanged (`data/README.md`). The rules are a stylesheet that
the Saxon processor runs, made cheaper first (`lean_rules.py`); it and the schemas are compiled once
for each process.
"""

import gzip
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lineshaft.core.errors import InvariantError
from lineshaft.services.billing.einvoice.errors import Finding, RulesNotRun
from lineshaft.services.billing.einvoice.lean_rules import CODES, lean
from lineshaft.services.billing.einvoice.xml_reading import parse

if TYPE_CHECKING:
    from lxml.etree import XMLSchema

UBL_RULES = "EN16931-UBL-validation.xslt"
UBL_RULES_VERSION = "1.3.16"
CII_RULES = "FACTUR-X_EN16931.xslt"
CII_CODES = "FACTUR-X_EN16931_codedb.xml"
CII_RULES_VERSION = "1.09.2"
_SCHEMAS = {
    "Invoice": "UBL-Invoice-2.1.xsd",
    "CreditNote": "UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": "Factur-X_EN16931.xsd",
}
_LEFT_OUT = frozenset({"UBL-CommonSignatureComponents-2.1.xsd"})
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_WARNING = "warning"


class Schematron:
    """A compiled set of rules.

    All work is done by one thread of its own: a Saxon processor belongs to the thread that made it.
    """

    def __init__(self, stylesheet: str, codes: str | None = None) -> None:
        """Compile a stylesheet that a schematron was turned into; takes about a second.

        Args:
            stylesheet: as `lean` makes it of the publisher's.
            codes: the file of code lists that the rules look codes up in, where they have one.
        """
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rules")
        self._processor, self._rules = self._thread.submit(_compile, stylesheet, codes).result()

    def findings(self, xml: bytes) -> tuple[Finding, ...]:
        """Return the rules that a document breaks, warnings too.

        Raises:
            XmlUnreadable: for bytes that are no plain XML.
            RulesNotRun: when the rules cannot be run on it.
            InvariantError: when they give no report.
        """
        from lxml import etree  # noqa: PLC0415 - 12 MB, for the processes that check only

        text = etree.tostring(parse(xml), encoding="unicode")
        report = self._thread.submit(self._run, text).result()
        root = etree.fromstring(report.encode())
        return tuple(
            Finding(
                failed.get("id", ""),
                (failed.findtext(f"{_SVRL}text") or "").strip(),
                is_warning=failed.get("flag") == _WARNING,
            )
            for failed in root.iter(f"{_SVRL}failed-assert")
        )

    def _run(self, text: str) -> str:
        from saxonche import PySaxonApiError  # noqa: PLC0415 - see `_compile`

        try:
            node = self._processor.parse_xml(xml_text=text)
            report: str | None = self._rules.transform_to_string(xdm_node=node)
        except PySaxonApiError as error:
            msg = "cannot run the official rules on the document: expected one that its schema "
            raise RulesNotRun(msg + "accepts") from error
        if report is None:
            msg = "the official rules gave no report"
            raise InvariantError(msg)
        return report


def _compile(stylesheet: str, codes: str | None) -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor  # noqa: PLC0415 - 100 MB, for the processes that check

    processor = PySaxonProcessor(license=False)
    rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=stylesheet)
    if codes is not None:
        rules.set_parameter(CODES, processor.parse_xml(xml_text=codes))
    return processor, rules


@cache
def ubl_rules() -> Schematron:
    """Return the official rules of EN 16931 for UBL."""
    return Schematron(lean(_file(UBL_RULES)))


@cache
def cii_rules() -> Schematron:
    """Return the rules of EN 16931 for CII, as Factur-X publishes them for its profile EN 16931."""
    return Schematron(lean(_file(CII_RULES)), _file(CII_CODES).decode().partition("?>")[2])


def schema_findings(xml: bytes) -> tuple[Finding, ...]:
    """Return what the schemas of UBL 2.1 and of Factur-X, profile EN 16931, refuse.

    Raises:
        XmlUnreadable: for bytes that are no plain XML.
    """
    root = parse(xml)
    name = root.tag.rpartition("}")[2]
    if name not in _SCHEMAS:
        return (Finding("XSD", f"a document of {root.tag}: expected an invoice or credit note"),)
    schema = _schema(_SCHEMAS[name])
    if schema.validate(root):
        return ()
    return tuple(Finding("XSD", f"line {one.line}: {one.message}") for one in schema.error_log)


@cache
def _schema(name: str) -> "XMLSchema":
    """Compile a schema with all that it imports from `data`, but the signatures of UBL.

    Our documents have no extensions, hence no signatures in them: libxml2 leaves those schemas out.
    """
    from lxml import etree  # noqa: PLC0415 - see above

    class Shipped(etree.Resolver):  # type: ignore[misc]
        def resolve(self, url: str, _public_id: str | None, context: Any) -> Any:
            shipped = url.rpartition("/")[2]
            return None if shipped in _LEFT_OUT else self.resolve_string(_file(shipped), context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Shipped())
    return etree.XMLSchema(etree.fromstring(_file(name), parser, base_url=f"shipped:/x/{name}"))


def _file(name: str) -> bytes:
    """Return a shipped file."""
    data = files("lineshaft.services.billing.einvoice").joinpath("data", f"{name}.gz")
    return gzip.decompress(data.read_bytes())
