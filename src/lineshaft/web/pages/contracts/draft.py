"""A new contract: an offering, a customer, machines, from when on; it is a draft until offered."""

import datetime as dt
from collections.abc import Sequence

from fastapi import Request
from msgspec import UNSET
from nicegui import ui

from lineshaft.core.errors import Invalid
from lineshaft.core.period import day_start, format_instant, to_datetime, zone_named
from lineshaft.security.authorisation.model import Action, Resource
from lineshaft.services.contracts.model import BillingPeriod, Contract, Offering, Party
from lineshaft.web.components import empty_state, link_button, page_head
from lineshaft.web.controls import attempt, button
from lineshaft.web.layout import show, title
from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.names import local, machines_by_id
from lineshaft.web.session import Visit
from lineshaft.web.widgets import select_field, text_field

MAKE = (Action.CONTRACT_WRITE, Resource("contract", "*"))
PARTY_FIELDS = ("id", "name", "country", "vat_id", "legal_id", "address_lines")
PAYMENT_DAYS = "30"
NEW = ""


async def build(visit: Visit, request: Request) -> None:
    """Show the form."""
    await visit.ask(visit.application.authorizer.authorize, *MAKE)
    title(visit, visit.say("draft.title"))
    crumbs = [(visit.say("contracts.title"), "/contracts")]
    show(page_head(visit.say("draft.title"), lead=visit.say("draft.lead"), crumbs=crumbs))
    offerings = await visit.ask(visit.application.contracts.offerings)
    if not offerings:
        action = link_button(visit.say("offerings.packs"), "/packs", kind="primary")
        none = visit.say("draft.none.title"), visit.say("draft.none.text")
        show(empty_state(*none, action=action), "panel")
        return
    form = _DraftForm(visit, offerings)
    await form.add(request.query_params.get("offering", ""))


class _PartyFields:
    """Who supplies or buys, typed or taken over from another contract."""

    def __init__(self, visit: Visit, heading: str, known: Sequence[Party]) -> None:
        self._known = {party.id: party for party in known}
        with ui.element("section").classes("panel part"):
            show(tag("h2", heading))
            with ui.element("div").classes("fields"):
                choices = {NEW: visit.say("draft.party.new")}
                choices |= {party.id: party.name for party in known}
                chosen = known[-1].id if known else NEW
                taken = select_field(visit.say("draft.party.known"), choices, chosen)
                self._fields = {
                    name: text_field(
                        visit.say(f"draft.party.{name}"), self._known_text(chosen, name)
                    )
                    for name in PARTY_FIELDS
                }
            self._fields["address_lines"].props("type=textarea")
            taken.on_value_change(lambda change: self._fill(str(change.value or NEW)))

    def _fill(self, id_: str) -> None:
        for name, field in self._fields.items():
            field.value = self._known_text(id_, name)

    def _known_text(self, id_: str, name: str) -> str:
        party = self._known.get(id_)
        value = "" if party is None else getattr(party, name)
        return "\n".join(value) if isinstance(value, tuple) else str(value)

    def party(self) -> Party:
        """Return what was typed.

        Raises:
            TermsInvalid: when no document could print it.
        """
        typed = {name: str(field.value or "").strip() for name, field in self._fields.items()}
        lines = tuple(line.strip() for line in typed["address_lines"].splitlines() if line.strip())
        return Party(
            id=typed["id"],
            name=typed["name"],
            address_lines=lines,
            country=typed["country"].upper(),
            vat_id=typed["vat_id"],
            legal_id=typed["legal_id"],
        )


class _DraftForm:
    """The fields of a contract, and what was typed into them."""

    def __init__(self, visit: Visit, offerings: Sequence[Offering]) -> None:
        self._visit = visit
        self._offerings = {offering.id: offering for offering in offerings}

    async def add(self, wanted: str) -> None:
        """Put the fields there, filled with what other contracts say."""
        visit, say = self._visit, self._visit.say
        records = await visit.ask(visit.application.contracts.contracts)
        known = [record.contract for record in records]
        organisations = await visit.ask(visit.application.identity.organisations)
        machines = {one.id: one.name for one in (await machines_by_id(visit)).values()}
        names = {id_: local(visit, one.name) for id_, one in self._offerings.items()}
        first = wanted if wanted in names else next(iter(names))
        last = known[-1] if known else None
        now = to_datetime(visit.application.clock.now(), visit.zone)
        with ui.element("section").classes("panel part"):
            show(tag("h2", say("draft.what")))
            with ui.element("div").classes("fields"):
                self._offering = select_field(say("draft.offering"), names, first)
                self._id = text_field(say("draft.id"))
                choices = {one.id: one.name for one in organisations}
                self._customer = select_field(
                    say("draft.organisation"), choices, next(iter(choices), "")
                )
                self._machines = ui.select(machines, label=say("contracts.machines"), multiple=True)
                self._machines.props("outlined dense use-chips").classes("wide")
                self._start = text_field(say("draft.start"), now.date().isoformat())
                self._start.props("type=date stack-label")
                self._end = text_field(say("draft.end")).props("type=date stack-label")
                zone = visit.zone.key if last is None else last.time_zone
                self._zone = text_field(say("draft.zone"), zone)
                periods = {each.value: say(f"terms.period.{each.value}") for each in BillingPeriod}
                month = BillingPeriod.MONTH.value
                self._period = select_field(say("draft.period"), periods, month)
                series = f"LS-{now.year}" if last is None else last.invoice_series
                self._series = text_field(say("draft.series"), series)
                self._days = text_field(say("draft.payment_days"), PAYMENT_DAYS)
                self._days.props("inputmode=numeric")
        self._suppliers = _PartyFields(
            visit, say("contract.supplier"), _once([each.supplier for each in known])
        )
        self._customers = _PartyFields(
            visit, say("contract.customer"), _once([each.customer for each in known])
        )
        with ui.element("div").classes("actions"):
            button(say("draft.save"), lambda: attempt(visit, self._save), "primary")
            show(link_button(say("action.cancel"), "/contracts"))

    async def _save(self) -> None:
        contract = self._contract()
        contracts = self._visit.application.contracts
        await self._visit.ask(contracts.agree, contract)
        ui.navigate.to(f"/contracts/{contract.id}")

    def _contract(self) -> Contract:
        offering = self._offerings[str(self._offering.value)]
        zone = zone_named(_typed(self._zone))
        starts = _day(_typed(self._start))
        ends = _day(_typed(self._end)) if _typed(self._end) else None
        days = _typed(self._days)
        return Contract(
            id=_typed(self._id),
            version=1,
            supplier=self._suppliers.party(),
            customer=self._customers.party(),
            organisation=str(self._customer.value or ""),
            offering=offering.reference,
            currency=offering.currency,
            terms=offering.terms,
            machines=tuple(self._machines.value or ()),
            start=format_instant(day_start(starts, zone)),
            end=None if ends is None else format_instant(day_start(ends, zone)),
            time_zone=zone.key,
            billing_period=BillingPeriod(str(self._period.value)),
            invoice_series=_typed(self._series),
            payment_days=_count(days) if days else UNSET,
        )


def _once(parties: Sequence[Party]) -> list[Party]:
    """Return each party once, as it was written last."""
    return list({party.id: party for party in parties}.values())


def _typed(field: ui.input) -> str:
    return str(field.value or "").strip()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        msg = f"cannot read the day {text[:20]!r}: expected such as 2027-06-30"
        raise Invalid(msg) from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len("365")):
        msg = f"a term of payment of {text[:20]!r} days: expected a number"
        raise Invalid(msg)
    return int(text)
