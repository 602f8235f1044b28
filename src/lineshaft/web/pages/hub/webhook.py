"""One webhook: what was sent, what came back, and again."""

import json

from fastapi import Request
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import PageRequest
from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant
from lineshaft.platform.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookState,
)
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.web.components import (
    Column,
    Row,
    address,
    badge,
    empty_state,
    facts,
    link_button,
    page_head,
    pages,
    panel,
    table,
)
from lineshaft.web.controls import attempt, button, confirm, dialog_card
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Html, tag
from lineshaft.web.pages.hub.webhooks import kinds_of, state_of
from lineshaft.web.session import Visit
from lineshaft.web.widgets import cell, text_field, widget_table

DELIVERIES_PER_PAGE = 50
US_PER_MS = 1_000
_KINDS = {DeliveryState.PENDING: "", DeliveryState.DELIVERED: "good", DeliveryState.DEAD: "bad"}


async def build(visit: Visit, request: Request) -> None:
    """Show a webhook."""
    webhooks = visit.application.webhooks
    webhook = await visit.ask(webhooks.webhook, request.path_params["webhook"])
    title(visit, visit.say("webhook.title"))
    crumbs = [(visit.say("webhooks.title"), "/webhooks")]
    show(page_head(visit.say("webhook.title"), crumbs=crumbs))
    pairs = [
        (visit.say("webhooks.url"), tag("span", webhook.url, class_="stretched")),
        (visit.say("webhooks.kinds"), kinds_of(visit, webhook)),
        (visit.say("webhooks.made"), visit.instant(webhook.created_at)),
        (visit.say("webhooks.state"), state_of(visit, webhook)),
    ]
    show(panel(None, facts(pairs)))
    resource = Resource("webhook", webhook.id, organisation=webhook.organisation)
    may_write = await visit.may(Action.WEBHOOK_WRITE, resource)
    if may_write:
        _actions(visit, webhook)
    wanted = _state(request.query_params.get("state", ""))
    after = request.query_params.get("after", "")
    asked = PageRequest(DELIVERIES_PER_PAGE, after)
    page = await visit.ask(webhooks.deliveries, webhook.id, wanted, asked)
    show(_filters(visit, webhook, wanted))
    if not page.items:
        none = empty_state(visit.say("webhook.none.title"), visit.say("webhook.none.text"))
        show(none, "panel")
        return
    keys = ("event", "happened", "state", "attempts", "actions")
    columns = [Column(visit.say(f"webhook.{key}")) for key in keys]
    with (
        ui.element("section").classes("panel flush"),
        widget_table(visit.say("webhook.deliveries"), columns),
    ):
        for delivery in page.items:
            _row(visit, columns, delivery, may_write=may_write)
    query = {"state": wanted.value if wanted else "", "after": after}
    show(pages(visit, f"/webhooks/{webhook.id}", query, page.next))


def _state(text: str) -> DeliveryState | None:
    return DeliveryState(text) if text in list(DeliveryState) else None


def _filters(visit: Visit, webhook: Webhook, wanted: DeliveryState | None) -> Html:
    path = f"/webhooks/{webhook.id}"
    links = [
        link_button(
            visit.say(f"webhook.{state.value if state else 'all'}"),
            address(path, {"state": state.value} if state else {}),
            kind="small",
            is_current=state is wanted,
        )
        for state in (None, *DeliveryState)
    ]
    label = visit.say("webhook.deliveries")
    return tag("div", tag("h2", label), tag("nav", links, class_="actions", aria_label=label))


def _actions(visit: Visit, webhook: Webhook) -> None:
    webhooks = visit.application.webhooks

    async def switch() -> None:
        is_paused = webhook.state is WebhookState.PAUSED
        await visit.ask(webhooks.resume if is_paused else webhooks.pause, webhook.id)
        ui.navigate.reload()

    async def remove() -> None:
        await visit.ask(webhooks.remove, webhook.id)
        ui.navigate.to("/webhooks")

    def ask_first() -> None:
        texts = ("webhook.remove_title", "webhook.remove_text", "webhook.remove")
        first, second, third = (visit.say(text) for text in texts)
        confirm(visit, (first, second, third), remove)

    with ui.element("div").classes("actions"):
        text = "resume" if webhook.state is WebhookState.PAUSED else "pause"
        button(visit.say(f"webhook.{text}"), lambda: attempt(visit, switch), "primary")
        button(visit.say("webhook.replay_period"), lambda: _replay_period(visit, webhook))
        button(visit.say("webhook.remove"), ask_first, "danger")


def _row(visit: Visit, columns: list[Column], delivery: Delivery, *, may_write: bool) -> None:
    state = badge(visit.say(f"webhook.{delivery.state.value}"), _KINDS[delivery.state])
    subject = str(json.loads(delivery.payload)["subject"])
    with ui.element("tr"):
        about = tag("span", delivery.kind, tag("span", subject, class_="sub"))
        cell(columns[0], about, is_head=True)
        cell(columns[1], tag("span", visit.instant(delivery.created_at)))
        cell(columns[2], state)
        cell(columns[3], tag("span", str(delivery.attempts)))
        with ui.element("td"), ui.element("div").classes("actions"):
            button(visit.say("webhook.log"), lambda: _log(visit, delivery), "small")
            if may_write and delivery.state is not DeliveryState.PENDING:
                button(visit.say("webhook.replay"), lambda: _replay(visit, delivery), "small")


async def _log(visit: Visit, delivery: Delivery) -> None:
    """Show every attempt, with its answer, and what was sent."""

    async def read() -> None:
        known, attempts = await visit.ask(
            visit.application.webhooks.delivery, delivery.webhook, delivery.event
        )
        with dialog_card() as close:
            show(tag("h2", known.kind))
            show(_attempts(visit, attempts))
            show(tag("h3", visit.say("webhook.sent")))
            sent = json.dumps(json.loads(known.payload), ensure_ascii=False, indent=1)
            show(tag("pre", sent, class_="raw", tabindex="0"))
            with ui.element("div").classes("actions"):
                button(visit.say("action.close"), close, "primary")

    await attempt(visit, read)


def _attempts(visit: Visit, attempts: list[Attempt]) -> Html:
    if not attempts:
        return tag("p", visit.say("webhook.no_attempts"), class_="soft")
    keys = ("at", "status", "duration", "answer")
    columns = [Column(visit.say(f"webhook.{key}")) for key in keys]
    rows = [
        Row(
            [
                visit.instant(each.at),
                str(each.answer.status or "–"),
                f"{each.answer.duration_us // US_PER_MS} ms",
                tag("span", each.answer.text, lang="en", class_="stretched"),
            ]
        )
        for each in attempts
    ]
    return table(visit.say("webhook.attempts"), columns, rows)


async def _replay(visit: Visit, delivery: Delivery) -> None:
    async def act() -> None:
        webhooks = visit.application.webhooks
        await visit.ask(webhooks.replay, delivery.webhook, delivery.event)
        ui.navigate.reload()

    await attempt(visit, act)


def _replay_period(visit: Visit, webhook: Webhook) -> None:
    now = visit.application.clock.now() // US_PER_DAY * US_PER_DAY
    with dialog_card() as close:
        show(tag("h2", visit.say("webhook.replay_period")))
        show(tag("p", visit.say("webhook.replay_text"), class_="soft"))
        start = text_field(visit.say("webhook.start"), format_instant(Instant(now)))
        end = text_field(visit.say("webhook.end"), format_instant(Instant(now + US_PER_DAY)))

        async def act() -> None:
            first, last = str(start.value or "").strip(), str(end.value or "").strip()
            if not first or not last:
                raise Invalid(visit.say("webhook.replay_text"))
            webhooks = visit.application.webhooks
            await visit.ask(webhooks.replay, webhook.id, Period.parse(first, last))
            ui.navigate.reload()

        with ui.element("div").classes("actions"):
            button(visit.say("webhook.replay"), lambda: attempt(visit, act), "primary")
            button(visit.say("action.cancel"), close)
