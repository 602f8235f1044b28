"""What every page has around it: skip link, header, navigation, main part, dialog of keys."""

import copy
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from urllib.parse import quote

import nicegui
from fastapi import Request
from nicegui import ui

from lineshaft.web import icons
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.navigation import ENTRIES, SHORTCUTS, Entry
from lineshaft.web.session import Preferences, Visit
from lineshaft.web.texts import Language

BRAND = "Lineshaft"
ASSETS = {"theme.css": "text/css", "pages.js": "text/javascript", "mark.svg": "image/svg+xml"}


def asset(name: str) -> bytes:
    """Return a file that browsers load."""
    return (files("lineshaft.web") / "assets" / name).read_bytes()


def asset_path(name: str) -> str:
    """Return its path; it changes with the content, so that browsers may keep it for ever."""
    return f"/assets/{hashlib.sha256(asset(name)).hexdigest()[:12]}/{name}"


def head_html() -> Html:
    """Return what stands in the head of every page."""
    return join(
        tag("link", rel="icon", type="image/svg+xml", href=asset_path("mark.svg")),
        tag("link", rel="stylesheet", href=asset_path("theme.css")),
        tag("script", defer=True, src=asset_path("pages.js")),
    )


def show(content: Html, classes: str = "") -> ui.html:
    """Put markup on the page."""
    return ui.html(content, sanitize=False).classes(classes)


@contextmanager
def framed(visit: Visit, entries: list[Entry]) -> Iterator[ui.element]:
    """Put the frame around a page; inside is the main part."""
    speak(visit)
    show(tag("a", visit.say("frame.skip"), href="#main", class_="skip-link"))
    show(_header(visit), "frame-header")
    show(_navigation(visit, entries), "frame-navigation")
    with ui.element("main").classes("frame-main").props("id=main tabindex=-1") as main:
        yield main
    show(_keys(visit))


def speak(reader: Preferences) -> None:
    """Let the page say in which language it is, to browsers, screen readers and widgets."""
    client = ui.context.client
    client.page = copy.copy(client.page)
    client.page.language = reader.language.of_page  # type: ignore[assignment]


def bare_page(reader: Preferences, title: str, content: Html) -> str:
    """Return a whole page without frame, for those who are not signed in."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} – {reader.say('brand')}"),
        tag("link", rel="stylesheet", href=f"/_nicegui/{nicegui.__version__}/static/fonts.css"),
        head_html(),
    )
    body = tag("body", tag("main", content, id="main", class_="bare"), class_="bare-body")
    return "<!doctype html>" + tag("html", head, body, lang=reader.language.of_page)


def brand(reader: Preferences) -> Html:
    """Return mark and name."""
    return tag(
        "a",
        icons.MARK,
        tag("span", reader.say("brand")),
        href="/",
        class_="brand",
        aria_label=reader.say("brand"),
    )


def language_links(reader: Preferences, path: str) -> Html:
    """Return the switch between languages; each is named in itself."""
    return tag(
        "span",
        [
            tag(
                "a",
                language.own_name,
                href=f"/language/{language.value}?next={quote(path, safe='/')}",
                lang=language.of_page,
                aria_current="true" if language is reader.language else None,
            )
            for language in Language
        ],
        class_="languages",
        role="group",
        aria_label=reader.say("frame.language"),
    )


def _header(visit: Visit) -> Html:
    toggle = tag(
        "button",
        icons.MENU,
        type="button",
        class_="menu-button",
        data_toggle="navigation",
        aria_expanded="false",
        aria_controls="navigation",
        aria_label=visit.say("frame.menu"),
    )
    person = tag(
        "a",
        tag("span", icons.PERSON, class_="person-icon"),
        tag("span", visit.actor.name, class_="person-name"),
        tag("span", visit.say(f"role.{visit.actor.role.value}"), class_="person-role"),
        href="/account",
        class_="person",
        aria_label=visit.say("frame.account", name=visit.actor.name),
    )
    return tag(
        "header",
        toggle,
        brand(visit),
        tag("span", class_="spacer"),
        language_links(visit, visit.path),
        person,
        _sign_out(visit),
    )


def _sign_out(visit: Visit) -> Html:
    label = visit.say("frame.sign_out")
    button = tag(
        "button",
        icons.SIGN_OUT,
        tag("span", label),
        type="submit",
        class_="quiet",
        aria_label=label,
    )
    return tag("form", button, method="post", action="/sign-out", class_="sign-out")


def _navigation(visit: Visit, entries: list[Entry]) -> Html:
    path = visit.path.partition("?")[0]
    current = max(
        (entry for entry in ENTRIES if entry.holds(path)),
        key=lambda entry: len(entry.path),
        default=None,
    )
    links = [
        tag(
            "a",
            icons.ICONS[entry.icon],
            tag("span", visit.say(entry.text)),
            href=entry.path,
            aria_current="page" if current and entry.text == current.text else None,
        )
        for entry in entries
    ]
    hint = tag(
        "button",
        tag("kbd", "?"),
        tag("span", visit.say("frame.keys")),
        type="button",
        class_="keys-button",
        data_open="keys",
    )
    return tag(
        "nav",
        links,
        tag("span", class_="spacer"),
        hint,
        id="navigation",
        aria_label=visit.say("frame.navigation"),
    )


def _keys(visit: Visit) -> Html:
    rows = [
        tag("div", tag("dt", [tag("kbd", key) for key in keys.split()]), tag("dd", visit.say(text)))
        for keys, text in SHORTCUTS
    ]
    close = tag(
        "form",
        tag("button", visit.say("action.close"), class_="button", autofocus=True),
        method="dialog",
    )
    heading = tag("h2", visit.say("frame.keys"), id="keys-title")
    return tag("dialog", heading, tag("dl", rows), close, id="keys", aria_labelledby="keys-title")


def title(visit: Preferences, text: str) -> None:
    """Name the page in the browser's window."""
    ui.page_title(f"{text} – {visit.say('brand')}")


def is_page(request: Request) -> bool:
    """Tell whether a browser asks for a page, rather than a script for data."""
    return "text/html" in request.headers.get("accept", "")
