"""`webhook`: who is told of what happens, what was sent, and again."""

from typing import Annotated

import typer

from lineshaft.cli.context import (
    DataOption,
    JsonOption,
    application_of,
    errors_by_kind,
    write_json,
    write_line,
    write_table,
)

app = typer.Typer(help="Tell other programs what happens.", no_args_is_help=True)

WebhookArgument = Annotated[str, typer.Argument(help="Id of the webhook.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where events are sent to.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Type of event, such as InvoiceIssued; default: all.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Make a webhook in the name of the operator of this machine; shows its secret this once."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        made = application_of(data).webhooks.add(LOCAL_OPERATOR, url, tuple(kind or ()))
        write_line("The webhook was made. Its secret is shown this once:")
        write_line(f"  webhook  {made.id}")
        write_line(f"  secret   {made.secret}")


@app.command("list")
def list_webhooks(data: DataOption = None, json: JsonOption = False) -> None:
    """List the webhooks."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        found = application_of(data).webhooks.webhooks(LOCAL_OPERATOR)
        if json:
            write_json({"webhooks": [each.to_content() for each in found]})
            return
        rows = [
            [each.id, each.url, ", ".join(each.kinds) or "all", each.state.value, each.reason]
            for each in found
        ]
        write_table("webhooks", ["webhook", "address", "events", "state", "reason"], rows)


@app.command()
def deliveries(
    webhook: WebhookArgument,
    event: Annotated[str, typer.Option(help="One event, with every attempt.")] = "",
    state: Annotated[str, typer.Option(help="pending, delivered or dead.")] = "",
    after: Annotated[str, typer.Option(help="'next' of the page before.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List what was sent or waits, the latest first; or every attempt to send one event."""
    from lineshaft.core.errors import Invalid
    from lineshaft.core.pages import PageRequest
    from lineshaft.core.period import format_instant
    from lineshaft.platform.webhooks.model import DeliveryState
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        webhooks = application_of(data).webhooks
        if event:
            _, attempts = webhooks.delivery(LOCAL_OPERATOR, webhook, event)
            if json:
                write_json({"log": [each.to_content() for each in attempts]})
                return
            log = [list(map(str, each.to_content().values())) for each in attempts]
            write_table("attempts", ["at", "status", "ms", "answer"], log)
            return
        if state and state not in list(DeliveryState):
            msg = f"cannot list {state} deliveries: expected pending, delivered or dead"
            raise Invalid(msg)
        wanted = DeliveryState(state) if state else None
        page = webhooks.deliveries(LOCAL_OPERATOR, webhook, wanted, PageRequest(after=after))
        if json:
            listed = [each.to_content() for each in page.items]
            write_json({"deliveries": listed, "next": page.next})
            return
        rows = [
            [
                each.event,
                each.kind,
                format_instant(each.created_at),
                each.state.value,
                str(each.attempts),
            ]
            for each in page.items
        ]
        write_table("deliveries", ["event", "type", "happened", "state", "attempts"], rows)
        if page.next is not None:
            write_line(f"more with --after {page.next}")


@app.command()
def replay(
    webhook: WebhookArgument,
    event: Annotated[str, typer.Option(help="Id of one event.")] = "",
    start: Annotated[str, typer.Option(help="First instant, RFC 3339.")] = "",
    end: Annotated[str, typer.Option(help="First instant after, RFC 3339.")] = "",
    data: DataOption = None,
) -> None:
    """Send an event again, or all that came in a period, under the same ids as before."""
    from lineshaft.core.errors import Invalid
    from lineshaft.core.period import Period
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        if bool(event) == bool(start and end):
            msg = "cannot replay this: expected either --event, or --start and --end"
            raise Invalid(msg)
        which = event or Period.parse(start, end)
        count = application_of(data).webhooks.replay(LOCAL_OPERATOR, webhook, which)
        write_line(f"deliveries that begin anew: {count}")


@app.command()
def pause(webhook: WebhookArgument, data: DataOption = None) -> None:
    """Send nothing more until it is resumed; what happens meanwhile waits for three days."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).webhooks.pause(LOCAL_OPERATOR, webhook)
        write_line(f"webhook {webhook} is paused")


@app.command()
def resume(webhook: WebhookArgument, data: DataOption = None) -> None:
    """Go on with what waits, at once."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).webhooks.resume(LOCAL_OPERATOR, webhook)
        write_line(f"webhook {webhook} is active")


@app.command()
def remove(webhook: WebhookArgument, data: DataOption = None) -> None:
    """Remove a webhook and what is known of its deliveries."""
    from lineshaft.security.authorisation.model import LOCAL_OPERATOR

    with errors_by_kind():
        application_of(data).webhooks.remove(LOCAL_OPERATOR, webhook)
        write_line(f"webhook {webhook} is removed")
