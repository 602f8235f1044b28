"""Webhooks: which other programs are told of what happens, and whether they take it."""

from fastapi import Request
from nicegui import ui

from lineshaft.platform.webhooks.model import Webhook, WebhookState
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.web.components import Column, badge, empty_state, page_head
from lineshaft.web.controls import attempt, button, dialog_card, secret_shown_once
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, text_field, widget_table


async def build(visit: Visit, _request: Request) -> None:
    """Show the webhooks."""
    title(visit, visit.say("webhooks.title"))
    found = await visit.ask(visit.application.webhooks.webhooks)
    show(page_head(visit.say("webhooks.title"), lead=visit.say("webhooks.lead")))
    own = Resource("webhook", "*", organisation=visit.actor.organisation)
    if await visit.may(Action.WEBHOOK_WRITE, own):
        with ui.element("div").classes("actions"):
            button(visit.say("webhooks.add"), lambda: _add(visit), "primary")
    if not found:
        none = empty_state(visit.say("webhooks.none.title"), visit.say("webhooks.none.text"))
        show(none, "panel")
        return
    keys = ("url", "kinds", "made", "state")
    columns = [Column(visit.say(f"webhooks.{key}")) for key in keys]
    with (
        ui.element("section").classes("panel flush"),
        widget_table(visit.say("webhooks.title"), columns),
    ):
        for webhook in found:
            with ui.element("tr"):
                link = tag("a", webhook.url, href=f"/webhooks/{webhook.id}", class_="stretched")
                cell(columns[0], link, is_head=True)
                cell(columns[1], tag("span", kinds_of(visit, webhook)))
                cell(columns[2], tag("span", visit.instant(webhook.created_at)))
                cell(columns[3], state_of(visit, webhook))


def kinds_of(visit: Visit, webhook: Webhook) -> str:
    """Say which events are asked for."""
    return ", ".join(webhook.kinds) or visit.say("webhooks.all")


def state_of(visit: Visit, webhook: Webhook) -> Html:
    """Say whether it is served, and why it is not."""
    if webhook.state is WebhookState.PAUSED:
        said = badge(visit.say("webhooks.paused"), "bad")
        return join(said, tag("span", visit.sentence(webhook.reason), class_="sub"))
    if webhook.failing_since is not None:
        since = visit.say("webhooks.since", at=visit.instant(webhook.failing_since))
        return join(badge(visit.say("webhooks.failing"), "warn"), tag("span", since, class_="sub"))
    return badge(visit.say("webhooks.active"), "good")


def _add(visit: Visit) -> None:
    with dialog_card() as close:
        show(tag("h2", visit.say("webhooks.add")))
        url = text_field(visit.say("webhooks.url"))
        kinds = text_field(visit.say("webhooks.kinds_field"))
        show(tag("p", visit.say("webhooks.kinds_text"), class_="soft"))

        async def add() -> None:
            wanted = tuple(str(kinds.value or "").replace(",", " ").split())
            address = str(url.value or "").strip()
            made = await visit.ask(visit.application.webhooks.add, address, wanted)
            close()
            said = visit.say("webhooks.secret_text")
            secret_shown_once(visit, visit.say("webhooks.secret"), said, made.secret)

        with ui.element("div").classes("actions"):
            button(visit.say("webhooks.add_confirm"), lambda: attempt(visit, add), "primary")
            button(visit.say("action.cancel"), close)
