"""The life of a contract: what happened when and by whom, its versions, and what may be done."""

from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER
from lineshaft.services.contracts.model import (
    ActKind,
    Contract,
    ContractAct,
    ContractLife,
    ContractRecord,
    ContractState,
)
from lineshaft.web.components import Column, Row, address, badge, panel, table
from lineshaft.web.markup import Html, join, tag
from lineshaft.web.pages.contracts.conditions import instant_in_zone, shown_at
from lineshaft.web.pages.contracts.names import Machines, machine_name
from lineshaft.web.session import Visit

HASH_CHARACTERS = 16
_KINDS = {
    ContractState.ACTIVE: "good",
    ContractState.PAUSED: "warn",
    ContractState.DRAFT: "warn",
    ContractState.OFFERED: "warn",
    ContractState.ACCEPTED: "warn",
    ContractState.EXPIRED: "bad",
}


def life_state_badge(visit: Visit, life: ContractLife, version: int) -> Html:
    """Say where a version stands; one that a later one has replaced does not hold any more."""
    state = life.state(version, visit.application.clock.now())
    binding = life.binding
    is_bound = life.record(version).activated_at is not None
    if is_bound and binding is not None and binding.contract.version > version:
        return badge(visit.say("life.state.replaced"))
    return badge(visit.say(f"life.state.{state}"), _KINDS.get(state, ""))


def standing(visit: Visit, life: ContractLife) -> Html:
    """Say where a contract stands, and where its next version stands if there is one."""
    binding, last = life.binding, life.last.contract.version
    if binding is None or binding.contract.version == last:
        return life_state_badge(visit, life, last)
    following = visit.say("life.following", version=last)
    now = life_state_badge(visit, life, binding.contract.version)
    return join(now, tag("span", following, " ", life_state_badge(visit, life, last)))


def life_panels(visit: Visit, life: ContractLife, machines: Machines) -> list[Html]:
    """Return what happened, the last first, and the versions."""
    return [
        panel(visit.say("life.title"), _acts(visit, life, machines), is_flush=True, id_="life"),
        panel(visit.say("life.versions"), _versions(visit, life), is_flush=True),
    ]


def _acts(visit: Visit, life: ContractLife, machines: Machines) -> Html:
    columns = [
        Column(visit.say("life.happened")),
        Column(visit.say("life.holds")),
        Column(visit.say("life.by")),
        Column(visit.say("life.recorded")),
    ]
    contract = life.last.contract
    rows = [
        Row(
            [
                [said(visit, contract, act, machines), _reason(act)],
                instant_in_zone(visit, contract, act.at),
                _person(visit, act),
                visit.instant(act.recorded_at),
            ]
        )
        for act in reversed(life.acts)
    ]
    return table(visit.say("life.title"), columns, rows)


def said(visit: Visit, contract: Contract, act: ContractAct, machines: Machines) -> str:
    """Return what was done, in a sentence."""
    values: dict[str, object] = {"version": act.version}
    key, detail = f"life.said.{act.kind}", act.detail
    if act.kind is ActKind.OFFER:
        values["until"] = shown_at(visit, contract, detail["valid_until"])
    if "term_end" in detail:
        key += "_at" if "notice_until" in detail else "_term"
        values["end"] = shown_at(visit, contract, detail["term_end"])
        values["until"] = shown_at(visit, contract, detail.get("notice_until", detail["term_end"]))
    if act.kind is ActKind.PAUSE and "until" in detail:
        key, values["until"] = "life.said.pause_until", shown_at(visit, contract, detail["until"])
    if act.kind is ActKind.ACCEPT:
        values["address"] = detail["statement"]["address"] or "–"
        values["signed_by"] = detail["key_id"][:HASH_CHARACTERS]
    if act.kind is ActKind.EXCHANGE:
        values["since"] = shown_at(visit, contract, detail["since"])
    named = [name for name in ("machine", "next_machine") if name in detail]
    values |= {name: machine_name(machines, detail[name]) for name in named}
    return visit.say(key, **values)


def _person(visit: Visit, act: ContractAct) -> str:
    if act.recorded_by == SYSTEM_WORKER.id:
        return visit.say("life.by_term")
    is_operator = act.recorded_by == LOCAL_OPERATOR.id
    return visit.say("life.operator") if is_operator else act.recorded_name


def _reason(act: ContractAct) -> Html | None:
    texts = [act.detail.get("reason"), act.detail.get("work_order")]
    text = " · ".join(each for each in texts if each)
    return tag("span", text, class_="sub") if text else None


def _versions(visit: Visit, life: ContractLife) -> Html:
    columns = [
        Column(visit.say("contract.version")),
        Column(visit.say("contracts.state")),
        Column(visit.say("place.start")),
        Column(visit.say("life.recorded")),
        Column(visit.say("life.difference")),
    ]
    records = list(life.records)
    rows = [
        Row(
            [
                [
                    str(record.contract.version),
                    tag(
                        "span",
                        visit.say("life.hash", hash=record.contract.sha256[:HASH_CHARACTERS]),
                        class_="sub mono",
                    ),
                ],
                life_state_badge(visit, life, record.contract.version),
                instant_in_zone(visit, record.contract, record.contract.starts_at),
                visit.instant(record.created_at),
                _difference(visit, before, record),
            ]
        )
        for before, record in reversed(list(zip([None, *records], records, strict=False)))
    ]
    return table(visit.say("life.versions"), columns, rows)


def _difference(visit: Visit, before: ContractRecord | None, record: ContractRecord) -> Html | None:
    if before is None:
        return None
    numbers = before.contract.version, record.contract.version
    query = {"before": str(numbers[0]), "after": str(numbers[1])}
    text = visit.say("life.difference.title", before=numbers[0], after=numbers[1])
    path = f"/contracts/{record.contract.id}/difference"
    return tag("a", text, href=address(path, query))
