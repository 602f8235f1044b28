"""The pages of a letter: HTML that loads nothing, and PDF/A-3a in the shipped fonts."""

from collections.abc import Mapping
from html import escape
from typing import Any

from lineshaft.core.period import parse_instant
from lineshaft.services.billing.dunning.words import letter_view
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.pdf import compiled

_STYLE = (
    "body{font:16px/1.5 sans-serif;color:#18232a;max-width:44em;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.6em}dl{display:grid;grid-template-columns:max-content 1fr;gap:.3em 1.5em}"
    "dt{color:#566270}dd{margin:0}table{border-collapse:collapse;min-width:20em}"
    "td{padding:.25em .5em}td+td{text-align:right}tr:last-child td{font-weight:600;"
    "border-top:2px solid #0b4f6c}address{font-style:normal;margin:1em 0}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def letter_pages(content: Mapping[str, Any]) -> dict[str, bytes]:
    """Return every page of a letter by its name: both languages as HTML and as PDF.

    Raises:
        MissingGlyph: when the fonts of the PDF lack a character of a name.
    """
    pages = {}
    for language in Language:
        view = letter_view(content, language)
        pages[f"letter.{language}.html"] = letter_html(view)
        written_at = parse_instant(content["written_at"])
        place = "lineshaft.services.billing.dunning", "letter.typ"
        pages[f"letter.{language}.pdf"] = compiled(place, {}, view, written_at)
    return pages


def letter_html(view: Mapping[str, Any]) -> bytes:
    """Write the page of a letter; every text is escaped."""
    facts = "".join(f"<dt>{_e(name)}</dt><dd>{_e(value)}</dd>" for name, value in view["facts"])
    amounts = "".join(
        f"<tr><td>{_e(name)}</td><td>{_e(value)}</td></tr>" for name, value in view["amounts"]
    )
    terms = "".join(f"<p>{_e(text)}</p>" for text in view["terms"])
    return (
        f'<!doctype html>\n<html lang="{_e(view["language"])}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{_e(view['title'])} {_e(view['number'])}</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n{_party(view['supplier'])}{_party(view['customer'])}"
        f"<h1>{_e(view['title'])}</h1><dl>{facts}</dl><p>{_e(view['text'])}</p>"
        f"<table><tbody>{amounts}</tbody></table>{terms}\n</body>\n</html>\n"
    ).encode()


def _party(party: Mapping[str, Any]) -> str:
    lines = "<br>".join(map(_e, party["lines"]))
    return f"<address><b>{_e(party['name'])}</b><br>{lines}</address>"


def _e(text: str) -> str:
    return escape(text, quote=True)
