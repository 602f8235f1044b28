"""One self-contained page: no script, nothing loaded from elsewhere, every text escaped."""

from html import escape
from importlib.resources import files

from lineshaft.valuechain.report.model import (
    BoardReport,
    CellShape,
    Headline,
    ReportCell,
    ReportSection,
    ReportTable,
)
from lineshaft.valuechain.report.plots import drawn
from lineshaft.valuechain.report.sections.sources import (
    Definition,
    definition_of,
    definitions,
)
from lineshaft.valuechain.report.shown import shown
from lineshaft.valuechain.report.words import Words

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SOURCES = "sources"


class _Page:
    """A report on its way to HTML."""

    def __init__(self, report: BoardReport) -> None:
        self.report = report
        self.words = Words(report.language)
        found = definitions(report.sections)
        self.numbers: dict[Definition, int] = {each: n for n, each in enumerate(found, 1)}

    def section(self, section: ReportSection) -> str:
        lead = f'<p class="lead">{_e(section.lead)}</p>' if section.lead else ""
        notes = "".join(f"<p>{_e(note)}</p>" for note in section.notes)
        headlines = "".join(map(self.headline, section.headlines))
        plots = "".join(
            f"<figure><figcaption>{_e(plot.title)}</figcaption>"
            f"{drawn(plot, self.report.language)}</figure>"
            for plot in section.plots
        )
        tables = "".join(
            self.table(table, is_source=section.id == SOURCES and place == 0)
            for place, table in enumerate(section.tables)
            if table.shown_max
        )
        return (
            f'<section id="{_e(section.id)}"><h2>{_e(section.title)}</h2>{lead}'
            f"{f'<div class=headlines>{headlines}</div>' if headlines else ''}"
            f"{self.missing(section)}{notes}{plots}{tables}</section>"
        )

    def missing(self, section: ReportSection) -> str:
        if not section.missing:
            return ""
        lines = "".join(f"<li>{_e(line)}</li>" for line in section.missing)
        return f'<div class="missing"><b>{_e(self.words.say("missing"))}</b><ul>{lines}</ul></div>'

    def headline(self, headline: Headline) -> str:
        note = f'<span class="note">{_e(headline.note)}</span>' if headline.note else ""
        return (
            f'<div class="headline"><span class="label">{_e(headline.label)}</span>'
            f"<b>{self.cell(headline.cell)}</b>{note}</div>"
        )

    def table(self, table: ReportTable, *, is_source: bool) -> str:
        numeric = [_is_number(table, place) for place in range(len(table.columns))]
        heads = "".join(
            f'<th scope="col"{_number(numeric[place])}>{_e(name)}</th>'
            for place, name in enumerate(table.columns)
        )
        rows = []
        for number, row in enumerate(table.rows[: table.shown_max], 1):
            anchor = f' id="definition-{number}"' if is_source else ""
            first, *others = row
            cells = "".join(
                f"<td{_number(numeric[place])}>{self.cell(cell)}</td>"
                for place, cell in enumerate(others, 1)
            )
            head = f'<th scope="row"{_number(numeric[0])}>{self.cell(first)}</th>'
            rows.append(f"<tr{anchor}>{head}{cells}</tr>")
        more = len(table.rows) - table.shown_max
        cut = f"<p class=note>{_e(self.words.say('more_rows', count=more))}</p>" if more > 0 else ""
        note = f'<p class="note">{_e(table.note)}</p>' if table.note else ""
        wide = ' class="wide"' if len(table.columns) > 6 else ""
        return (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{_e(table.title)}">'
            f"<table{wide}><caption>{_e(table.title)}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table></div>{cut}{note}"
        )

    def cell(self, cell: ReportCell) -> str:
        said = _e(shown(cell, self.report.language))
        if cell.is_english and self.report.language.tag != "en":
            said = f'<span lang="en">{said}</span>'
        if cell.figure is None:
            return said
        if cell.value is None:
            return f'<span title="{_e(cell.figure.missing)}">{said}</span>'
        number = self.numbers[definition_of(cell.figure)]
        label = self.words.say("reference", number=number)
        figure = cell.figure
        title = f"{label}; {figure.table}; {figure.vintage}; {float(figure.coverage):.0%}"
        return (
            f'<a class="figure" href="#definition-{number}" title="{_e(title)}">{said}'
            f"<sup>{number}</sup></a>"
        )


def to_html(report: BoardReport) -> bytes:
    """Write the page of a report; the same report gives the same bytes."""
    page, words = _Page(report), Words(report.language)
    css = files("lineshaft.valuechain.report").joinpath("report.css").read_text("utf-8")
    links = "".join(
        f'<li><a href="#{_e(each.id)}">{_e(each.title)}</a></li>' for each in report.sections
    )
    body = "".join(map(page.section, report.sections))
    as_of = words.say("as_of", as_of=report.as_of)
    made = words.say("made_at", at=words.instant(report.made_at))
    return (
        f'<!doctype html>\n<html lang="{report.language.tag}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{_e(report.title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n"
        f'<header class="top"><h1>{_e(report.title)}</h1><p>{_e(as_of)}</p><p>{_e(made)}</p>'
        f'</header><nav aria-label="{_e(words.say("contents"))}"><ol>{links}</ol></nav>\n{body}\n'
        "</main>\n</body>\n</html>\n"
    ).encode()


def _e(text: str) -> str:
    return escape(text, quote=True)


def _number(is_number: bool) -> str:  # noqa: FBT001 - an attribute of one cell
    return ' class="number"' if is_number else ""


def _is_number(table: ReportTable, place: int) -> bool:
    """Tell whether a column holds numbers: then it is aligned to the right."""
    kinds = {row[place].kind for row in table.rows if row[place].value not in {None, ""}}
    return bool(kinds) and not kinds & {CellShape.TEXT, CellShape.DAY}
