"""What a verification found, check by check."""

from nicegui import ui

from lineshaft.core.errors import LineshaftError
from lineshaft.services.evidence.model import Check, Outcome, Report
from lineshaft.web import errors
from lineshaft.web.components import badge, notice
from lineshaft.web.controls import button
from lineshaft.web.layout import show
from lineshaft.web.markup import Html, tag
from lineshaft.web.session import Visit

_KINDS = {
    Outcome.PASSED: "good",
    Outcome.FAILED: "bad",
    Outcome.UNCHECKED: "warn",
    Outcome.LIMIT: "",
}


def report_list(visit: Visit, report: Report) -> Html:
    """Return the verdict and the checks in their order."""
    verdict = report.verdict.value
    kind = {"proven": "good", "wrong": "bad"}.get(verdict, "")
    head = notice(
        visit.say(f"verdict.{verdict}.title"), visit.say(f"verdict.{verdict}.text"), kind=kind
    )
    return tag(
        "div", head, tag("ol", [_check(visit, each) for each in report.checks], class_="checks"),
        class_="part",
    )  # fmt: skip


def _check(visit: Visit, check: Check) -> Html:
    """Write a check with what it found."""
    detail = visit.sentence(check.detail, "p", class_="detail")
    said = tag("div", visit.sentence(check.name, "strong"), detail)
    state = badge(visit.say(f"outcome.{check.outcome.value}"), _KINDS[check.outcome])
    return tag("li", tag("div", state), said)


def proof_part(visit: Visit, number: str) -> None:
    """Put a button there that runs the verification and shows what it checked."""
    with ui.element("section").classes("panel part"):
        show(tag("h2", visit.say("proof.title")))
        show(tag("p", visit.say("proof.text"), class_="soft"))
        result = ui.element("div").classes("part").props("aria-live=polite")
        with ui.element("div").classes("actions"):
            control = button(
                visit.say("proof.run"), lambda: _verify(visit, number, result, control), "primary"
            )


async def _verify(visit: Visit, number: str, result: ui.element, control: ui.element) -> None:
    control.props("disabled")
    result.clear()
    with result:
        spinner = tag("span", class_="spinner", aria_hidden="true")
        show(tag("p", spinner, visit.say("proof.running"), class_="progress", role="status"))
    try:
        report = await visit.ask(visit.application.evidence.report, number)
    except LineshaftError as error:
        result.clear()
        errors.tell(visit, error)
    else:
        result.clear()
        with result:
            show(report_list(visit, report))
    finally:
        control.props(remove="disabled")
