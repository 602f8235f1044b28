"""The official rules, asked in a cheaper way: the same assertions on the same elements; pure.

A schematron that was turned into XSLT walks the whole invoice twice for each of its patterns, and
looks a code up by reading the list of codes from its start. Nothing of that is the rules' own:

- notes on the run (`active-pattern`, `fired-rule`) and the places of failures are left out: nobody
  reads them, the first holds a walk that writes nothing, the last are a third of the compiling;
- the only rule of a pattern is given the elements that it is about, not all to choose from;
- attributes are passed by where no rule is about one;
- a code is looked up by a key over the list, which is read once and not for each invoice.

What is asserted, and in which order failures are told, stays; the tests compare both.
"""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import _Element

CODES: Final = "codes"
"""Name of the parameter that is given the file of code lists, where the rules have one."""
_XSL: Final = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_NOTES: Final = (f"{_SVRL}active-pattern", f"{_SVRL}fired-rule")
_PLACES: Final = ("schematron-", "generate-id-")
"""Modes of the templates that write the place of an element."""
_ATTRIBUTE: Final = re.compile(r"(?:^|[/|])\s*(?:@|attribute::)")
"""In a pattern of a rule: it may be about attributes."""
_LOOK_UP: Final = re.compile(
    r"document\('[^']+'\)/codedb/cl\[@id=(\d+)\]/enumeration\[@value=(\$\w+)\]"
)
_NUMBER_AND_CODE: Final = "concat(../@id, ' ', @value)"


def lean(stylesheet: bytes) -> str:
    """Return a stylesheet that finds what another finds, for less.

    Args:
        stylesheet: of rules, as schematron makes them.
    """
    from lxml import etree  # noqa: PLC0415 - 12 MB, for the processes that check only

    root = etree.fromstring(stylesheet)
    _leave_out(root)
    rules = _rules(root)
    _ask_directly(root, rules)
    _pass_attributes_by(root, rules)
    _look_up_by_key(root)
    text: str = etree.tostring(root, encoding="unicode")
    return text


def _leave_out(root: "_Element") -> None:
    said = [*root.iter(*_NOTES), *root.iterfind(f".//{_XSL}attribute[@name='location']")]
    written = root.iterfind(f"{_XSL}template[@mode]")
    how = [each for each in written if each.get("mode", "").startswith(_PLACES)]
    for unread in (*said, *how):
        holder = unread.getparent()
        if holder is not None:
            holder.remove(unread)


def _rules(root: "_Element") -> dict[str, list["_Element"]]:
    """Return the rules by their mode, which is that of a pattern."""
    rules: dict[str, list[_Element]] = {}
    for template in root.findall(f"{_XSL}template[@mode][@priority]"):
        if not template.get("priority", "").startswith("-"):
            rules.setdefault(template.get("mode", ""), []).append(template)
    return rules


def _pass_attributes_by(root: "_Element", rules: dict[str, list["_Element"]]) -> None:
    of_elements = {
        mode
        for mode, alike in rules.items()
        if not any(_ATTRIBUTE.search(rule.get("match", "")) for rule in alike)
    }
    for walk in root.iterfind(f"{_XSL}template/{_XSL}apply-templates[@select='@*|*']"):
        if walk.get("mode") in of_elements:
            walk.set("select", "*")


def _ask_directly(root: "_Element", rules: dict[str, list["_Element"]]) -> None:
    """Select the elements of each rule that is alone in its mode, and end the walk there."""
    for walk in root.iterfind(f"{_XSL}template[@match='/']/*/{_XSL}apply-templates[@mode]"):
        mode = walk.get("mode", "")
        for rule in rules.get(mode, []) if len(rules.get(mode, [])) == 1 else []:
            path, goes_on = rule.get("match", ""), rule[-1]
            if path.startswith("/") and dict(goes_on.attrib) == {"mode": mode, "select": "@*|*"}:
                walk.set("select", path)
                rule.remove(goes_on)


def _look_up_by_key(root: "_Element") -> None:
    from lxml import etree  # noqa: PLC0415 - see above

    by_key = rf"key('{CODES}', concat('\1 ', \2), ${CODES})"
    for asked in root.iter(f"{_XSL}when"):
        asked.set("test", _LOOK_UP.sub(by_key, asked.get("test", "")))
    etree.SubElement(root, f"{_XSL}key", name=CODES, match="enumeration", use=_NUMBER_AND_CODE)
    etree.SubElement(root, f"{_XSL}param", name=CODES)
