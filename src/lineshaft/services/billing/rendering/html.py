"""One self-contained page: no script that runs, nothing loaded from elsewhere, every text escaped.

The exact bytes of the signed document stand in a data block (`application/json`), where only `<`
is written as an escape so that no text can end the element.
"""

from html import escape
from importlib.resources import files
from typing import Any

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_PPM = 10_000


def to_html(view: dict[str, Any], document: bytes) -> bytes:
    """Write the page of a document.

    Args:
        view: formatted words and figures, see `view.py`.
        document: exact bytes of INVOICE.json.
    """
    css = files("lineshaft.services.billing.rendering").joinpath("invoice.css").read_text("utf-8")
    title = f"{view['title']} {view['number']}"
    body = "".join(
        (
            _top(view),
            _lines(view),
            _guarantee(view["guarantee"]),
            _guarantees(view["guarantees"]),
            _evidence(view["evidence"]),
            f"<footer>{_e(view['footer'])}</footer>",
        )
    )
    return (
        f'<!doctype html>\n<html lang="{_e(view["language"])}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{_e(title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n{body}"
        '\n</main>\n<script type="application/json" id="lineshaft-document">'
    ).encode() + (document.replace(b"<", rb"\u003c") + b"</script>\n</body>\n</html>\n")


def _e(text: str) -> str:
    return escape(text, quote=True)


def _party(party: dict[str, Any]) -> str:
    lines = "<br>".join(map(_e, party["lines"]))
    return (
        f'<address class="party"><span class="label">{_e(party["label"])}</span>'
        f"<b>{_e(party['name'])}</b>{lines}</address>"
    )


def _pairs(rows: list[list[str]], name: str = "") -> str:
    items = "".join(f"<dt>{_e(label)}</dt><dd>{_e(value)}</dd>" for label, value in rows)
    return f'<dl class="{name}">{items}</dl>' if name else f"<dl>{items}</dl>"


def _top(view: dict[str, Any]) -> str:
    badge = view["badge"]
    said = ""
    if badge:
        lines = "<br>".join(map(_e, badge["lines"]))
        said = f'<div class="badge"><b>{_e(badge["title"])}</b>{lines}</div>'
    return (
        f'<header class="top"><p>{_e(view["supplier"]["name"])}</p><h1>{_e(view["title"])}</h1>'
        f'</header><div class="parties"><div>{_party(view["customer"])}{_party(view["supplier"])}'
        f"</div>{_pairs(view['facts'], 'facts')}</div>{said}"
    )


def _lines(view: dict[str, Any]) -> str:
    position, description, quantity, amount = map(_e, view["columns"])
    head = (
        f'<thead><tr><th class="position">{position}</th><th>{description}</th>'
        f'<th class="number">{quantity}</th><th class="number">{amount}</th></tr></thead>'
    )
    lines = "".join(map(_line, view["lines"]))
    totals = "".join(
        f"<tr{' class=strong' if row['strong'] else ''}><td>{_e(row['label'])}</td>"
        f'<td class="number">{_e(row["value"])}</td></tr>'
        for row in view["totals"]
    )
    return (
        f'<h2>{_e(view["lines_title"])}</h2><table class="lines">{head}{lines}</table>'
        f'<table class="totals"><tbody>{totals}</tbody></table>'
    )


def _line(line: dict[str, Any]) -> str:
    notes = "".join(f'<span class="note">{_e(note)}</span>' for note in line["notes"])
    steps = "".join(
        f'<tr class="step"><td class="position"></td><td colspan="2">{_e(step["text"])}</td>'
        f'<td class="number">{_e(step["amount"])}</td></tr>'
        for step in line["steps"]
    )
    return (
        f'<tbody><tr><td class="position">{_e(line["position"])}</td>'
        f"<td><b>{_e(line['description'])}</b>{notes}</td>"
        f'<td class="number quantity">{_e(line["quantity"])}</td>'
        f'<td class="number"><b>{_e(line["amount"])}</b></td></tr>{steps}</tbody>'
    )


def _guarantee(guarantee: dict[str, Any] | None) -> str:
    if guarantee is None:
        return ""
    bar = "".join(
        f'<i style="width:{part["share_ppm"] / _PPM:.4f}%;background:var(--{part["class"]})"></i>'
        for part in guarantee["classes"]
    )
    classes = "".join(
        f'<tr><td><span class="dot" style="background:var(--{part["class"]})"></span>'
        f'{_e(part["label"])}</td><td class="number">{_e(part["duration"])}</td>'
        f'<td class="number">{_e(part["share"])}</td></tr>'
        for part in guarantee["classes"]
    )
    return (
        f'<section class="guarantee"><h2>{_e(guarantee["title"])}</h2>'
        f'<p>{_e(guarantee["text"])}</p><div class="bar" aria-hidden="true">{bar}</div>'
        f'<table class="classes"><tbody>{classes}</tbody></table>{_pairs(guarantee["results"])}'
        "</section>"
    )


def _guarantees(guarantees: dict[str, Any] | None) -> str:
    if guarantees is None:
        return ""
    head = "".join(f"<th>{_e(name)}</th>" for name in guarantees["columns"])
    rows = "".join(
        f"<tr>{''.join(f'<td>{_e(cell)}</td>' for cell in row)}</tr>" for row in guarantees["rows"]
    )
    return (
        f'<section class="guarantee"><h2>{_e(guarantees["title"])}</h2>'
        f'<table class="guarantees"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</section>"
    )


def _evidence(evidence: dict[str, Any]) -> str:
    usage = "".join(
        f'<div class="usage"><h3>{_e(part["title"])}</h3>{_pairs(part["facts"])}'
        f'<p class="label">{_e(evidence["root_label"])}</p><code>{_e(part["root"])}</code></div>'
        for part in evidence["usage"]
    )
    return (
        f"<h2>{_e(evidence['title'])}</h2><p>{_e(evidence['text'])}</p>{usage}"
        f"<h2>{_e(evidence['verify_title'])}</h2><p>{_e(evidence['verify_text'])}</p>"
        f"<pre>{_e(evidence['command'])}</pre><p>{_e(evidence['verdicts'])}</p>"
    )
