"""Buttons and fields that ask the hub, in the look of the pages."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.web import errors
from lineshaft.web.layout import show
from lineshaft.web.markup import tag
from lineshaft.web.session import Visit

Press = Callable[[], Awaitable[None] | None]


def button(text: str, press: Press, kind: str = "") -> ui.element:
    """Put a button there."""
    made = ui.element("button").classes(f"button {kind}".strip()).props("type=button")
    made.on("click", press)
    with made:
        ui.label(text)
    return made


@contextmanager
def dialog_card(classes: str = "", *, is_persistent: bool = False) -> Iterator[Callable[[], None]]:
    """Open a dialog with what is made inside; gives what closes it."""
    with ui.dialog() as dialog, ui.element("div").classes(f"{errors.DIALOG} {classes}".strip()):
        if is_persistent:
            dialog.props["persistent"] = True

        def close() -> None:
            dialog.value = False

        yield close
    dialog.value = True


@contextmanager
def form_card(
    visit: Visit, texts: tuple[str, str, str], act: Callable[[], Awaitable[None]]
) -> Iterator[None]:
    """Open a dialog whose fields are made inside: title, explanation, and the word for doing it.

    It stays open when it is refused, so that nothing that was typed is lost.
    """
    title, explanation, yes = texts
    with dialog_card() as close:
        show(tag("h2", title))
        show(tag("p", explanation, class_="soft"))
        yield
        with ui.element("div").classes("actions"):
            button(yes, lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)


def confirm(visit: Visit, texts: tuple[str, str, str], act: Callable[[], Awaitable[None]]) -> None:
    """Ask before something that matters: title, consequence, and the word for yes."""
    title, consequence, yes = texts
    with dialog_card() as close:
        show(tag("h2", title))
        show(tag("p", consequence))

        async def run() -> None:
            await attempt(visit, act)
            close()

        with ui.element("div").classes("actions"):
            button(yes, run, "primary")
            button(visit.say("action.cancel"), close)


async def attempt(visit: Visit, act: Callable[[], Awaitable[None]]) -> None:
    """Do something, and say on the page if it is refused."""
    try:
        await act()
    except LineshaftError as error:
        errors.tell(visit, error)


def secret_shown_once(visit: Visit, title: str, text: str, secret: str) -> None:
    """Show a password or token this once; closing leads on with the page read anew."""
    with dialog_card(is_persistent=True):
        show(tag("h2", title))
        show(tag("p", text))
        field = tag("input", class_="field mono", value=secret, readonly=True, aria_label=title,
                    onfocus="this.select()", autofocus=True)  # fmt: skip
        show(field)
        with ui.element("div").classes("actions"):
            button(visit.say("action.copy"), lambda: ui.clipboard.write(secret))
            button(visit.say("action.done"), ui.navigate.reload, "primary")
