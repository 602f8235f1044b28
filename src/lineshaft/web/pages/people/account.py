"""One's own account: password, language, API tokens."""

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.security.identity.model import (
    PASSWORD_CHARACTERS_MIN,
    TOKEN_DAYS_MAX,
    ApiToken,
)
from lineshaft.web.components import Column, badge, empty_state, facts, page_head, panel
from lineshaft.web.controls import attempt, button, confirm, dialog_card, secret_shown_once
from lineshaft.web.layout import language_links, show, title
from lineshaft.web.markup import tag
from lineshaft.web.session import Visit, sign_in_path
from lineshaft.web.widgets import cell, text_field, widget_table

TOKEN_DAYS = 90


class PasswordsDiffer(Invalid):
    """The new password was typed in two ways."""


async def build(visit: Visit, _request: Request) -> None:
    """Show the account."""
    title(visit, visit.say("account.title"))
    show(page_head(visit.say("account.title")))
    show(
        panel(
            visit.say("account.you"),
            facts(
                [
                    (visit.say("people.name"), visit.actor.name),
                    (visit.say("people.role"), visit.say(f"role.{visit.actor.role.value}")),
                    (visit.say("frame.language"), language_links(visit, "/account")),
                    (visit.say("account.zone"), visit.zone.key),
                ]
            ),
        )
    )
    _password(visit)
    tokens = await visit.ask(visit.application.identity.tokens)
    _tokens(visit, tokens)


def _password(visit: Visit) -> None:
    with ui.element("section").classes("panel part narrow"):
        show(tag("h2", visit.say("account.password")))
        said = visit.say("account.password_text", minimum=PASSWORD_CHARACTERS_MIN)
        show(tag("p", said, class_="soft"))
        old = text_field(
            visit.say("account.old"), is_password=True, autocomplete="current-password"
        )
        new = text_field(visit.say("account.new"), is_password=True, autocomplete="new-password")
        again = text_field(
            visit.say("account.again"), is_password=True, autocomplete="new-password"
        )

        async def change() -> None:
            if new.value != again.value:
                raise PasswordsDiffer(visit.say("account.differ"))
            identity = visit.application.identity
            await visit.ask(identity.change_password, str(old.value or ""), str(new.value or ""))
            ui.navigate.to(sign_in_path("/account"))

        with ui.element("div").classes("actions"):
            button(visit.say("account.change"), lambda: attempt(visit, change), "primary")


def _tokens(visit: Visit, tokens: list[ApiToken]) -> None:
    columns = [
        Column(visit.say(key))
        for key in ("tokens.name", "tokens.made", "tokens.ends", "people.actions")
    ]
    with ui.element("section").classes("panel part"):
        show(tag("h2", visit.say("tokens.title")))
        show(tag("p", visit.say("tokens.text"), class_="soft"))
        if tokens:
            with widget_table(visit.say("tokens.title"), columns):
                for token in tokens:
                    _token_row(visit, columns, token)
        else:
            show(empty_state(visit.say("tokens.none.title"), visit.say("tokens.none.text")))
        with ui.element("div").classes("actions"):
            button(visit.say("tokens.add"), lambda: _add_token(visit))


def _token_row(visit: Visit, columns: list[Column], token: ApiToken) -> None:
    has_ended = token.expires_at <= visit.application.clock.now()
    ends = visit.instant(token.expires_at)
    with ui.element("tr"):
        cell(columns[0], tag("span", token.name), is_head=True)
        cell(columns[1], tag("span", visit.instant(token.created_at)))
        cell(
            columns[2], badge(visit.say("tokens.ended"), "warn") if has_ended else tag("span", ends)
        )
        with ui.element("td"), ui.element("div").classes("actions"):
            button(visit.say("tokens.revoke"), lambda: _revoke(visit, token), "small")


def _add_token(visit: Visit) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("tokens.add")))
        name = text_field(visit.say("tokens.name"))
        days = text_field(visit.say("tokens.days", maximum=TOKEN_DAYS_MAX), str(TOKEN_DAYS))

        async def add() -> None:
            text = str(days.value or "").strip()
            count = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
            identity = visit.application.identity
            made = await visit.ask(identity.create_token, str(name.value or "").strip(), count)
            close()
            said = visit.say("tokens.secret_text")
            secret_shown_once(visit, visit.say("tokens.secret"), said, made.secret)

        with ui.element("div").classes("actions"):
            button(visit.say("tokens.add_confirm"), lambda: attempt(visit, add), "primary")
            button(visit.say("action.cancel"), close)


def _revoke(visit: Visit, token: ApiToken) -> None:
    async def act() -> None:
        await visit.ask(visit.application.identity.revoke_token, token.id)
        ui.navigate.reload()

    texts = (
        visit.say("tokens.revoke_title", name=token.name),
        visit.say("tokens.revoke_text"),
        visit.say("tokens.revoke"),
    )
    confirm(visit, texts, act)
