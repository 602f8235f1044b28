"""The dialog that takes a version of the network or the books, and says every wrong row."""

from collections.abc import Awaitable, Callable

import msgspec
from nicegui import events, ui

from lineshaft.core.errors import LineshaftError
from lineshaft.valuechain.tables.errors import TablesInvalid
from lineshaft.valuechain.versions.model import NOTE_CHARACTERS_MAX, UPLOAD_BYTES_MAX
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, download, notice, table
from lineshaft.web.controls import button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.tabs import BOOKS, REGISTER
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field

SAMPLE = "/files/valuechain/sample.zip"
SHOWN_EVERY_S = 0.5
"""How often a page says how far a check is."""

Show = Callable[[str, int, int], None]


class Imports(msgspec.Struct, frozen=True):
    """What is imported.

    Attributes:
        text: key of what is said of the files.
        sample: path of a sample to fill in.
        after: path of the page that shows the version.
        take: imports an upload with a note; is told where to say how far it is.
    """

    text: str
    sample: str
    after: str
    take: Callable[[Visit, bytes, str, Show], Awaitable[object]]


def _take_network(visit: Visit, upload: bytes, note: str, _show: Show) -> Awaitable[object]:
    return visit.ask(visit.application.networks.import_upload, upload, None, note)


def _take_books(visit: Visit, upload: bytes, note: str, show_: Show) -> Awaitable[object]:
    return visit.ask(visit.application.books.import_upload, upload, None, note, show_)


NETWORK_IMPORT = Imports("supply.import_text", SAMPLE, REGISTER, _take_network)
BOOKS_IMPORT = Imports(
    "books.import_text", "/files/valuechain/books-sample.zip", BOOKS, _take_books
)


def import_dialog(visit: Visit, imports: Imports = NETWORK_IMPORT) -> None:
    """Ask for a file and a note; it stays open when rows are wrong."""
    with dialog_card() as close:
        show(tag("h2", visit.say("supply.import")))
        size = form.byte_size(UPLOAD_BYTES_MAX)
        show(tag("p", visit.say(imports.text, size=size), class_="soft"))
        note = text_field(visit.say("supply.note"))
        note.props(f"maxlength={NOTE_CHARACTERS_MAX}")
        result = ui.element("div").props("aria-live=polite")

        def say(content: Html) -> None:
            result.clear()
            with result:
                show(content)

        async def take(given: events.UploadEventArguments) -> None:
            far = {"said": visit.say("supply.checking")}

            def tell(what: str, done: int, _total: int) -> None:
                far["said"] = visit.say("books.checking", table=what, row=form.grouped(done))

            def shown() -> None:
                spinner = tag("span", class_="spinner", aria_hidden="true")
                say(tag("p", spinner, far["said"], class_="progress", role="status"))

            shown()
            timer = ui.timer(SHOWN_EVERY_S, shown)
            try:
                upload, why = await given.file.read(), str(note.value or "")
                await imports.take(visit, upload, why, tell)
            except Exception as error:  # noqa: BLE001 - one upload is a unit; it is logged
                known = errors.as_lineshaft(error)
                errors.log(known, visit.path)
                timer.cancel()
                say(refused(visit, known))
                uploader.reset()
                return
            timer.cancel()
            close()
            ui.navigate.to(imports.after)

        def reject() -> None:
            say(notice(visit.say("supply.rejected", size=size), kind="bad"))

        uploader = ui.upload(
            on_upload=take,
            on_rejected=reject,
            max_file_size=UPLOAD_BYTES_MAX,
            label=visit.say("supply.choose"),
            auto_upload=True,
        )
        uploader.props('accept=".xlsx,.zip" flat bordered').classes("wide")
        with ui.element("div").classes("actions"):
            show(download(visit.say("supply.sample"), imports.sample))
            button(visit.say("action.cancel"), close)


def refused(visit: Visit, error: LineshaftError) -> Html:
    """Say why a network was not taken; of wrong rows all of them."""
    if not isinstance(error, TablesInvalid):
        return errors.explained(visit, error)
    columns = [
        Column(visit.say("supply.file")),
        Column(visit.say("supply.row"), is_number=True),
        Column(visit.say("supply.column")),
        Column(visit.say("supply.value")),
        Column(visit.say("supply.expected")),
    ]
    rows = [
        Row(
            [
                each.file,
                str(each.row),
                each.column,
                each.value,
                visit.sentence(each.expected),
            ]
        )
        for each in error.problems
    ]
    said = visit.say("supply.wrong", count=len(error.problems))
    return tag("div", notice(said, visit.say("supply.nothing_changed"), kind="bad"),
               table(said, columns, rows), class_="part")  # fmt: skip
