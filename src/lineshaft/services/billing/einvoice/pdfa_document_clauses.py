"""ISO 19005-3, 6.1.5 and 6.3 to 6.11: metadata, structure, attachments, and nothing that acts."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lineshaft.services.billing.einvoice.pdf_file import PdfFile, Reference
from lineshaft.services.billing.einvoice.pdf_text import text_of
from lineshaft.services.billing.einvoice.pdfa_clause import Clause, catalog, forbidden, typed
from lineshaft.services.billing.einvoice.xmp import (
    ADOBE_PDF,
    BASIC,
    DUBLIN_CORE,
    PDFA_EXTENSION,
    PDFA_ID,
    PDFA_PROPERTY,
    PDFA_SCHEMA,
    PREDEFINED,
    Property,
    XmpUnreadable,
    described_by,
    schemas_of,
)

PART: Final = "3"
CONFORMANCE: Final = "A"
"""Our documents are of the highest level: tagged, and with their characters in Unicode."""

_ANNOTATIONS: Final = frozenset(
    [
        "Text",
        "Link",
        "FreeText",
        "Line",
        "Square",
        "Circle",
        "Polygon",
        "PolyLine",
        "Highlight",
        "Underline",
        "Squiggly",
        "StrikeOut",
        "Stamp",
        "Caret",
        "Ink",
        "Popup",
        "FileAttachment",
        "Widget",
        "PrinterMark",
        "TrapNet",
        "Watermark",
        "Redact",
    ]
)
_PRINT, _NOT_SHOWN = 4, 1 | 2 | 32 | 256
_ACTIONS: Final = frozenset(["GoTo", "GoToR", "GoToE", "Thread", "URI", "Named", "SubmitForm"])
_NAMED_ACTIONS: Final = frozenset(["NextPage", "PrevPage", "FirstPage", "LastPage"])
_STRUCTURE: Final = frozenset(
    [
        "Document",
        "Part",
        "Art",
        "Sect",
        "Div",
        "BlockQuote",
        "Caption",
        "TOC",
        "TOCI",
        "Index",
        "NonStruct",
        "Private",
        "P",
        "H",
        "H1",
        "H2",
        "H3",
        "H4",
        "H5",
        "H6",
        "L",
        "LI",
        "Lbl",
        "LBody",
        "Table",
        "TR",
        "TH",
        "TD",
        "THead",
        "TBody",
        "TFoot",
        "Span",
        "Quote",
        "Note",
        "Reference",
        "BibEntry",
        "Code",
        "Link",
        "Annot",
        "Ruby",
        "RB",
        "RT",
        "RP",
        "Warichu",
        "WT",
        "WP",
        "Figure",
        "Formula",
        "Form",
    ]
)
"""ISO 32000-1, 14.8.4."""
_LANGUAGE = re.compile(r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)?")
_MEDIA_TYPE = re.compile(r"[-\w+.]+/[-\w+.]+")
_RELATIONSHIPS: Final = frozenset(["Source", "Data", "Alternative", "Supplement", "Unspecified"])
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")
_INFORMATION: Final = {
    "Title": (DUBLIN_CORE, "title"),
    "Author": (DUBLIN_CORE, "creator"),
    "Creator": (BASIC, "CreatorTool"),
    "Producer": (ADOBE_PDF, "Producer"),
    "CreationDate": (BASIC, "CreateDate"),
    "ModDate": (BASIC, "ModifyDate"),
}
_SCHEMA_FIELDS: Final = ("schema", "namespaceURI", "prefix", "property")
_PROPERTY_FIELDS: Final = ("name", "valueType", "category", "description")


def _properties(file: PdfFile) -> list[Property]:
    """Return the properties, none of a packet that cannot be read: 6.6.2.1-4 says that."""
    try:
        return file.properties
    except XmpUnreadable:
        return []


def _information(file: PdfFile) -> Iterator[str]:
    """Compare both: readers may ignore the dictionary, and must not be told another thing by it."""
    said = {(found.namespace, found.name): found.text for found in _properties(file)}
    for key, value in file.part(file.trailer, "Info").items():
        if key in _INFORMATION and isinstance(value, bytes):
            text = _DATE.sub(r"\1-\2-\3T\4:\5:\6Z", text_of(value))
            if said and text != said.get(_INFORMATION[key]):
                yield f"{key} is {text!r}, and {said.get(_INFORMATION[key])!r} in the metadata"


def _annotations(file: PdfFile) -> list[dict[str, Any]]:
    return [
        found
        for page in file.typed("Page")
        for found in file.items(page, "Annots")
        if isinstance(found, dict)
    ]


def _annotation_types(file: PdfFile) -> Iterator[str]:
    for found in _annotations(file):
        if found.get("Subtype") not in _ANNOTATIONS:
            yield f"an annotation of type {found.get('Subtype')}"


def _annotation_flags(file: PdfFile) -> Iterator[str]:
    for found in _annotations(file):
        if found.get("Subtype") != "Popup" and "F" not in found:
            yield "an annotation has no flags"


def _annotation_shown(file: PdfFile) -> Iterator[str]:
    for found in _annotations(file):
        flags = found.get("F", _PRINT)
        if not flags & _PRINT or flags & _NOT_SHOWN:
            yield f"an annotation with flags {flags} is hidden or not printed"


def _appearances(file: PdfFile) -> Iterator[str]:
    for found in _annotations(file):
        sides = file.items(found, "Rect")
        is_empty = sides[:2] == sides[2:]
        if not is_empty and found.get("Subtype") not in ("Popup", "Link") and "AP" not in found:
            yield f"an annotation of type {found.get('Subtype')} has no appearance"


def _form(file: PdfFile) -> list[dict[str, Any]]:
    return [file.part(file.catalog, "AcroForm")]


def _fields(file: PdfFile) -> list[dict[str, Any]]:
    return [found for found in file.dictionaries if found.get("Subtype") == "Widget"]


def _needs_appearances(file: PdfFile) -> Iterator[str]:
    if _form(file)[0].get("NeedAppearances", False) is not False:
        yield "the form needs appearances"


def _actions(file: PdfFile) -> list[dict[str, Any]]:
    """Select the actions, which need not say their type."""
    keys = ("A", "OpenAction")
    found = [file.part(holder, key) for key in keys for holder in file.holding(key)]
    scripts = file.holding("JavaScript")
    found += [file.get(one) for holder in scripts for one in _scripts(file, holder)]
    found += file.typed("Action")
    return [action for action in found if isinstance(action, dict) and "S" in action]


def _scripts(file: PdfFile, holder: dict[str, Any]) -> list[Any]:
    return file.items(file.part(holder, "JavaScript"), "Names")[1::2]


def _action_types(file: PdfFile) -> Iterator[str]:
    for action in _actions(file):
        if action["S"] not in _ACTIONS:
            yield f"an action of type {action['S']}"


def _named_actions(file: PdfFile) -> Iterator[str]:
    for action in _actions(file):
        if action["S"] == "Named" and action.get("N") not in _NAMED_ACTIONS:
            yield f"the action {action.get('N')}"


def _metadata(file: PdfFile) -> Iterator[str]:
    said = file.part(file.catalog, "Metadata")
    if said.get("Type") != "Metadata" or said.get("Subtype") != "XML" or not file.metadata:
        yield "the catalog has no metadata stream"


def _packet_header(attribute: bytes) -> Any:
    def look(file: PdfFile) -> Iterator[str]:
        header = re.match(rb"\s*<\?xpacket begin=(.*?)\?>", file.metadata, re.DOTALL)
        if header is not None and re.search(rb"\b" + attribute + rb"\s*=", header[1]):
            yield f"the header of the XMP packet has {attribute.decode()}"

    return look


def _packet_form(file: PdfFile) -> Iterator[str]:
    if file.metadata:  # 6.6.2.1-1 says that there is none
        try:
            file.properties  # noqa: B018 - read for what it refuses
        except XmpUnreadable as error:
            yield str(error)


def _packet_encoding(file: PdfFile) -> Iterator[str]:
    try:
        file.metadata.decode("utf-8")
    except UnicodeDecodeError:
        yield "the XMP packet is not in UTF-8"


def _containers(file: PdfFile) -> list[Property]:
    return [found for found in _properties(file) if found.name == "schemas"]


def _container(file: PdfFile) -> Iterator[str]:
    for found in _containers(file):
        is_right = found.namespace == PDFA_EXTENSION and found.prefix == "pdfaExtension"
        if not is_right or not schemas_of(found):
            yield "pdfaExtension:schemas is no bag of schemas under that prefix"


def _schemas(file: PdfFile) -> Iterator[str]:
    for found in _containers(file):
        for schema in schemas_of(found):
            for field in _SCHEMA_FIELDS:
                part = schema.find(f"{{{PDFA_SCHEMA}}}{field}")
                if part is None or part.prefix != "pdfaSchema":
                    yield f"the description of an extension schema has no {field}"


def _schema_properties(file: PdfFile) -> Iterator[str]:
    for found in _containers(file):
        for described in (part for one in schemas_of(found) for part in described_by(one)):
            for field in _PROPERTY_FIELDS:
                part = described.find(f"{{{PDFA_PROPERTY}}}{field}")
                if part is None or part.prefix != "pdfaProperty":
                    yield f"the description of a property has no {field}"
                elif field == "category" and part.text not in ("internal", "external"):
                    yield f"a property is of category {part.text}"


def _described(file: PdfFile) -> set[tuple[str, str]]:
    """Return the namespace and name of every property that an extension schema describes."""
    return {
        (
            schema.findtext(f"{{{PDFA_SCHEMA}}}namespaceURI") or "",
            described.findtext(f"{{{PDFA_PROPERTY}}}name") or "",
        )
        for found in _containers(file)
        for schema in schemas_of(found)
        for described in described_by(schema)
    }


def _known_properties(file: PdfFile) -> Iterator[str]:
    described = _described(file)
    for found in _properties(file):
        if found.namespace not in PREDEFINED and (found.namespace, found.name) not in described:
            yield f"the property {found.prefix}:{found.name} is not described"


def _identification(file: PdfFile) -> dict[str, Property]:
    return {found.name: found for found in _properties(file) if found.namespace == PDFA_ID}


def _is_identified(file: PdfFile) -> Iterator[str]:
    if _properties(file) and not _identification(file):
        yield "the metadata do not say that the file is PDF/A"


def _identified(name: str, right: str) -> Any:
    def look(file: PdfFile) -> Iterator[str]:
        said = _identification(file)
        if said and (name not in said or said[name].text != right):
            yield f"pdfaid:{name} is {said[name].text if name in said else 'missing'}, not {right}"

    return look


def _identification_prefix(file: PdfFile) -> Iterator[str]:
    for found in _identification(file).values():
        if found.prefix != "pdfaid":
            yield f"{found.name} has the prefix {found.prefix}, not pdfaid"


def _marked(file: PdfFile) -> Iterator[str]:
    if file.part(file.catalog, "MarkInfo").get("Marked") is not True:
        yield "the catalog does not say that the content is marked"


def _structure(file: PdfFile) -> Iterator[str]:
    if not file.part(file.catalog, "StructTreeRoot"):
        yield "the catalog has no structure tree"


def _structure_types(file: PdfFile) -> Iterator[str]:
    root = file.part(file.catalog, "StructTreeRoot")
    roles = file.part(root, "RoleMap")
    for element in file.typed("StructElem") if root else ():
        said = element.get("S")
        for _ in range(len(roles)):
            said = said if said in _STRUCTURE else roles.get(str(said))
        if said not in _STRUCTURE:
            yield f"the structure type {element.get('S')} maps to no standard one"


def _languages(file: PdfFile) -> Iterator[str]:
    for found in file.dictionaries:
        language = found.get("Lang")
        if isinstance(language, bytes) and _LANGUAGE.fullmatch(text_of(language)) is None:
            yield f"the language {language.decode('latin-1')}"


def _file_specifications(file: PdfFile) -> list[dict[str, Any]]:
    return [found for found in file.dictionaries if "EF" in found]


def _media_types(file: PdfFile) -> Iterator[str]:
    for found in _file_specifications(file):
        for stream in file.part(found, "EF").values():
            said = file.get(stream)
            media_type = said.get("Subtype") if isinstance(said, dict) else None
            if media_type is None or _MEDIA_TYPE.fullmatch(media_type) is None:
                yield f"an embedded file of media type {media_type}"


def _file_names(file: PdfFile) -> Iterator[str]:
    for found in _file_specifications(file):
        for key in ("F", "UF"):
            if not isinstance(found.get(key), bytes):
                yield f"an embedded file has no {key}"


def _relationships(file: PdfFile) -> Iterator[str]:
    for found in _file_specifications(file):
        if found.get("AFRelationship") not in _RELATIONSHIPS:
            yield f"an embedded file has the relationship {found.get('AFRelationship')}"


def _associated(file: PdfFile) -> Iterator[str]:
    named = {
        reference
        for found in file.dictionaries
        for reference in file.get(found.get("AF")) or ()
        if isinstance(reference, Reference)
    }
    for entry in file.objects.values():
        is_file = isinstance(entry.value, dict) and "EF" in entry.value
        if is_file and Reference(entry.number, 0) not in named:
            yield f"the embedded file of object {entry.number} belongs to nothing"


def _configurations(file: PdfFile) -> list[dict[str, Any]]:
    optional = file.part(file.catalog, "OCProperties")
    default = [file.part(optional, "D")] if "D" in optional else []
    return [one for one in (*default, *file.items(optional, "Configs")) if isinstance(one, dict)]


def _configuration_names(file: PdfFile) -> Iterator[str]:
    for found in _configurations(file):
        if not found.get("Name"):
            yield "a configuration of optional content has no name"


def _configuration_twins(file: PdfFile) -> Iterator[str]:
    names = [found["Name"] for found in _configurations(file) if found.get("Name")]
    if len(set(names)) != len(names):
        yield "two configurations of optional content have one name"


CLAUSES: Final = (
    Clause("6.1.5-1", "the document information says what the metadata say", _information),
    Clause("6.3.1-1", "annotations are of a standard type that stands still", _annotation_types),
    Clause("6.3.2-1", "annotations have flags", _annotation_flags),
    Clause("6.3.2-2", "annotations are shown and printed", _annotation_shown),
    Clause("6.3.3-1", "annotations have an appearance", _appearances),
    Clause("6.4.1-1", "form fields have no actions", forbidden(_fields, "a field", "A", "AA")),
    Clause("6.4.1-3", "forms need no appearances", _needs_appearances),
    Clause("6.4.2-1", "no XFA forms", forbidden(_form, "the form", "XFA")),
    Clause("6.4.2-2", "nothing is set by XFA", forbidden(catalog, "the catalog", "NeedsRendering")),
    Clause("6.5.1-1", "no script, no launch, no sound, no film", _action_types),
    Clause("6.5.1-2", "named actions turn pages only", _named_actions),
    Clause("6.5.2-1", "the document acts on no event", forbidden(catalog, "the catalog", "AA")),
    Clause("6.5.2-2", "no page acts on an event", forbidden(typed("Page"), "a page", "AA")),
    Clause("6.6.2.1-1", "the catalog has a metadata stream", _metadata),
    Clause("6.6.2.1-2", "the XMP packet does not say its size", _packet_header(b"bytes")),
    Clause("6.6.2.1-3", "the XMP packet does not say its encoding", _packet_header(b"encoding")),
    Clause("6.6.2.1-4", "the XMP packet is well-formed XML with RDF", _packet_form),
    Clause("6.6.2.1-5", "the XMP packet is in UTF-8", _packet_encoding),
    Clause("6.6.2.3-2", "extension schemas stand in pdfaExtension:schemas", _container),
    Clause("6.6.2.3-3", "extension schemas are fully described", _schemas),
    Clause("6.6.2.3-4", "their properties are fully described", _schema_properties),
    Clause("6.6.2.3-7", "every property is predefined or described", _known_properties),
    Clause("6.6.4-1", "the metadata say that the file is PDF/A", _is_identified),
    Clause("6.6.4-2", "pdfaid:part is 3", _identified("part", PART)),
    Clause("6.6.4-3", "pdfaid:conformance is A", _identified("conformance", CONFORMANCE)),
    Clause("6.6.4-4", "both have the prefix pdfaid", _identification_prefix),
    Clause("6.7.2-1", "the content is marked", _marked),
    Clause("6.7.3-1", "the content has a structure tree", _structure),
    Clause("6.7.3-2", "structure types are standard or map to one", _structure_types),
    Clause("6.7.4-1", "languages are language tags", _languages),
    Clause("6.8-1", "embedded files say their media type", _media_types),
    Clause("6.8-2", "embedded files have both names", _file_names),
    Clause("6.8-3", "embedded files say what they are to the document", _relationships),
    Clause("6.8-4", "embedded files belong to the document or a part of it", _associated),
    Clause("6.9-1", "configurations of optional content have names", _configuration_names),
    Clause("6.9-2", "no two have the same name", _configuration_twins),
    Clause(
        "6.9-4",
        "optional content does not switch itself",
        forbidden(_configurations, "a configuration of optional content", "AS"),
    ),
    Clause(
        "6.10-1",
        "no alternate presentations",
        forbidden(
            lambda file: [file.part(file.catalog, "Names")], "the names", "AlternatePresentations"
        ),
    ),
    Clause("6.10-2", "no steps within a page", forbidden(typed("Page"), "a page", "PresSteps")),
    Clause("6.11-1", "nothing is required", forbidden(catalog, "the catalog", "Requirements")),
)
