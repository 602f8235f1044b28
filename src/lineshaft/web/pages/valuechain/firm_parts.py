"""What the pages of the firm's figures share: what is asked, and what is said without an answer."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lineshaft.core.errors import LineshaftError
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.servitization.service import Reported
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import empty_state, link_button, notice
from lineshaft.web.firm_questions import FirmQuestion, LinesQuestion
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.valuechain.figure import money_of, shown_figure
from lineshaft.web.session import Preferences, Visit

BOOKS = "/valuechain/books"
DASH = "\N{EM DASH}"


def field(visit: Visit, name: str, value: str, kind: str = "text", example: str = "") -> Html:
    """Return a field of a question."""
    label = visit.say(f"servitization.ask.{name}")
    made = tag("input", type=kind, name=name, value=value or None, class_="field",
               placeholder=example or None, autocomplete="off")  # fmt: skip
    return tag("label", label, made)


def choice(visit: Visit, name: str, value: str, options: Mapping[str, str]) -> Html:
    """Return a choice of a question."""
    label = visit.say(f"servitization.ask.{name}")
    made = [tag("option", text, value=key, selected=key == value) for key, text in options.items()]
    return tag("label", label, tag("select", made, name=name, class_="field"))


def question_form(visit: Visit, path: str, asked: FirmQuestion, inputs: Sequence[Html]) -> Html:
    """Return the fields of a question, and the way back to all there is."""
    kept = tag("input", type="hidden", name="version", value=asked.version)
    button = tag("button", visit.say("servitization.ask.show"), class_="button", type="submit")
    again = link_button(visit.say("servitization.ask.all"), path) if asked.query() else None
    fields = [inputs, kept if asked.version else None, button, again]
    return tag("form", fields, method="get", action=path, class_="filters panel")


def money_fields(visit: Visit, asked: FirmQuestion) -> list[Html]:
    """Return the fields of the currency to count in, and of the rates of the others."""
    return [
        field(visit, "currency", asked.currency, example="EUR"),
        field(visit, "rates", asked.rates, example="USD=0.92"),
    ]


def no_books(visit: Visit, none: str, tables: Sequence[str]) -> Html:
    """Say that there is nothing yet, and how to bring it."""
    title, text = visit.say(f"{none}.title"), visit.say(f"{none}.text")
    example = "\n".join(f"{name}.csv" for name in tables)
    way = link_button(visit.say("servitization.to_books"), BOOKS, kind="primary")
    return empty_state(title, text, example, way)


def too_thin(visit: Visit, error: LineshaftError) -> Html:
    """Say what is missing for a number that could be trusted, and how to bring it."""
    way = tag("a", visit.say("servitization.to_books"), href=BOOKS)
    lines = (errors.reason(visit, error), visit.say("servitization.thin_text"), way)
    return notice(visit.say("servitization.thin"), *lines, kind="warn")


def not_read(visit: Visit, error: LineshaftError) -> Html:
    """Say what of the question cannot be answered as it stands."""
    return notice(visit.say("servitization.not_read"), errors.reason(visit, error), kind="bad")


def percent_of(figure: Figure) -> str:
    """Write a share; a dash where it was not measured."""
    if figure.value is None:
        return DASH
    return form.percent(Fraction(figure.value)).replace("-", form.MINUS)


def reported(reader: Preferences, each: Reported, version: str = "", currency: str = "") -> Html:
    """Return a figure that opens to what it says of itself, and leads to its document lines.

    Args:
        reader: who looks.
        each: the figure.
        version: of the books, where one was asked for.
        currency: of an amount; none: it is a share.
    """
    value = each.figure.value
    shown = percent_of(each.figure)
    if currency and value is not None:
        shown = money_of(Fraction(value), currency)
    return shown_figure(reader, shown, each.figure, behind(reader, each, version))


def behind(reader: Preferences, each: Reported, version: str) -> Child:
    """Return the way to the document lines behind a figure; nothing where it has none."""
    if not each.behind:
        return None
    way = LinesQuestion(each.behind, version=version).address()
    return tag("a", reader.say("servitization.lines_behind"), href=way, class_="small-link")
