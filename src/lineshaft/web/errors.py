"""The eight kinds of refusal as pages and messages: what happened, and what to do next."""

import structlog
from nicegui import ui

from lineshaft.core.errors import (
    KINDS,
    InvariantError,
    LineshaftError,
    Refusal,
    Unauthorized,
)
from lineshaft.web.components import link_button
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Preferences, Visit, sign_in_path

LOG = structlog.get_logger(__name__)
BROKEN_STATUS = 500


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


def explained(reader: Preferences, error: LineshaftError) -> Html:
    """Say what happened and what to do next; the exact words stand below."""
    kind = kind_of(error)
    details = tag(
        "details",
        tag("summary", reader.say("error.details")),
        tag("p", str(error), lang="en"),
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
    kind = kind_of(error)
    ui.notify(
        f"{visit.say(f'error.{kind}.title')} {error}",
        type="negative",
        multi_line=True,
        close_button=visit.say("action.close"),
        timeout=0,
    )
