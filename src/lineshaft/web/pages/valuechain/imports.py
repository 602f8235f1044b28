"""The dialog that takes a version of the supply network, and says every row that is wrong."""

from nicegui import events, ui

from lineshaft.core.errors import LineshaftError
from lineshaft.valuechain.supplynetwork.versions.model import NOTE_CHARACTERS_MAX
from lineshaft.valuechain.supplynetwork.versions.service import UPLOAD_BYTES_MAX
from lineshaft.valuechain.tables.errors import TablesInvalid
from lineshaft.web import errors
from lineshaft.web import format as form
from lineshaft.web.components import Column, Row, download, notice, table
from lineshaft.web.controls import button, dialog_card
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.valuechain.tabs import REGISTER
from lineshaft.web.session import Visit
from lineshaft.web.widgets import text_field

SAMPLE = "/files/valuechain/sample.zip"


def import_dialog(visit: Visit) -> None:
    """Ask for a file and a note; it stays open when rows are wrong."""
    with dialog_card() as close:
        show(tag("h2", visit.say("supply.import")))
        size = form.byte_size(UPLOAD_BYTES_MAX)
        show(tag("p", visit.say("supply.import_text", size=size), class_="soft"))
        note = text_field(visit.say("supply.note"))
        note.props(f"maxlength={NOTE_CHARACTERS_MAX}")
        result = ui.element("div").props("aria-live=polite")

        def say(content: Html) -> None:
            result.clear()
            with result:
                show(content)

        async def take(given: events.UploadEventArguments) -> None:
            spinner = tag("span", class_="spinner", aria_hidden="true")
            said = visit.say("supply.checking")
            say(tag("p", spinner, said, class_="progress", role="status"))
            try:
                upload, why = await given.file.read(), str(note.value or "")
                networks = visit.application.networks
                await visit.ask(networks.import_upload, upload, None, why)
            except Exception as error:  # noqa: BLE001 - one upload is a unit; it is logged
                known = errors.as_lineshaft(error)
                errors.log(known, visit.path)
                say(refused(visit, known))
                uploader.reset()
                return
            close()
            ui.navigate.to(REGISTER)

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
            show(download(visit.say("supply.sample"), SAMPLE))
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
