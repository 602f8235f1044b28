"""The eight kinds of refusal as pages and messages: what happened, and what to do next."""

import structlog
from nicegui import ui
from nicegui.slot import Slot

from lineshaft.core.errors import (
    KINDS,
    InvariantError,
    LineshaftError,
    Refusal,
    Unauthorized,
)
from lineshaft.web.components import link_button, notice
from lineshaft.web.markup import Html, tag
from lineshaft.web.naming import in_names
from lineshaft.web.session import Preferences, Visit, sign_in_path
from lineshaft.web.texts import Language
from lineshaft.web.texts.refusals import refused_in_chinese

LOG = structlog.get_logger(__name__)
BROKEN_STATUS = 500
DIALOG = "dialog-card"
REFUSED = "refused"


def kind_of(error: LineshaftError) -> str:
    """Return the name of the kind of an error, as the texts know it."""
    kind = next((kind for kind in KINDS if isinstance(error, kind)), None)
    return "Broken" if kind is None else kind.__name__


def status_of(error: LineshaftError) -> int:
    """Return the HTTP status of an error."""
    return error.http_status if isinstance(error, Refusal) else BROKEN_STATUS


def as_lineshaft(error: Exception) -> LineshaftError:
    """Return an error as one of ours: what nobody expected is a broken promise of the code."""
    if isinstance(error, LineshaftError):
        return error
    broken = InvariantError(f"{type(error).__name__} {error}")
    broken.__cause__ = error
    return broken


def log(error: LineshaftError, path: str) -> None:
    """Write an error to the log; a broken promise of the code with its trace."""
    if isinstance(error, InvariantError):
        LOG.error("page broken", path=path, exc_info=error)
    else:
        LOG.info("page refused", path=path, kind=kind_of(error), reason=str(error))


def reason(reader: Preferences, error: LineshaftError, element: str = "span") -> Html:
    """Say exactly why, in the reader's language; what nobody has translated stays English."""
    said = _in_chinese(error) if reader.language is Language.CHINESE else None
    return tag(element, said) if said else tag(element, _in_english(error), lang="en")


def explained(reader: Preferences, error: LineshaftError) -> Html:
    """Say what happened and what to do next; the exact words stand below."""
    kind = kind_of(error)
    details = tag(
        "details",
        tag("summary", reader.say("error.details")),
        reason(reader, error, "p"),
        class_="soft",
    )
    return tag(
        "div",
        tag("h1", reader.say(f"error.{kind}.title")),
        tag("p", reader.say(f"error.{kind}.advice")),
        None if isinstance(error, InvariantError) else details,
        tag("div", link_button(reader.say("error.home"), "/", kind="primary"), class_="actions"),
        class_="empty",
    )


def tell(visit: Visit, error: LineshaftError) -> None:
    """Say on an open page why something was not done."""
    log(error, visit.path)
    if isinstance(error, Unauthorized):
        ui.navigate.to(sign_in_path(visit.path))
        return
    said = visit.say(f"error.{kind_of(error)}.title")
    card = _open_dialog()
    if card is not None:
        _tell_in(card, notice(said, reason(visit, error), kind="bad"))
        return
    why = _in_chinese(error) if visit.language is Language.CHINESE else None
    ui.notify(
        f"{said}: {why or _in_english(error)}",
        type="negative",
        multi_line=True,
        close_button=visit.say("action.close"),
        timeout=0,
    )


def _in_english(error: LineshaftError) -> str:
    text = in_names(error, str(error))
    return text[:1].upper() + text[1:]


def _in_chinese(error: LineshaftError) -> str | None:
    said = refused_in_chinese(error)
    return said and in_names(error, said)


def _open_dialog() -> ui.element | None:
    """Return the dialog in which somebody pressed; None where it is none, or is closed."""
    slot: Slot | None = ui.context.slot
    while slot is not None:
        if DIALOG in slot.parent.classes:
            return slot.parent
        slot = slot.parent.parent_slot
    return None


def _tell_in(card: ui.element, said: Html) -> None:
    """Say it above the buttons, in place of what was said before: it covers nothing."""
    for old in [each for each in card if REFUSED in each.classes]:
        card.remove(old)
    with card:
        place = ui.html(said, sanitize=False).classes(REFUSED).props("role=alert")
    place.move(target_index=max(len(list(card)) - 2, 0))
