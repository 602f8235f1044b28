"""Contracts and their life over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import page_of
from lineshaft.core.period import Instant, format_instant, parse_instant
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import REPEATABLE, signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.agreements import REASON_CHARACTERS_MAX, Exchange, Parting
from lineshaft.services.contracts.contract import Contract, ContractRecord
from lineshaft.services.contracts.errors import NotInForce
from lineshaft.services.contracts.life import ContractAct, ContractLife
from lineshaft.services.contracts.service import Contracts

CONTRACTS = "/api/v1/contracts"
ONE = CONTRACTS + "/{id_}"
VERSIONS = ONE + "/versions"
VERSION = VERSIONS + "/{version}"
TEXT_CHARACTERS_MAX = 200
INTEGER_MAX = 2**31 - 1

ActorOf = Callable[[Request], Actor]
VersionPath = Annotated[int, Path(ge=1, le=INTEGER_MAX)]
InstantText = Annotated[str, Query(max_length=TEXT_CHARACTERS_MAX, description="RFC 3339.")]
Content = Annotated[dict[str, Any], Body(description="The content of a contract.")]
_Instant = Field(max_length=TEXT_CHARACTERS_MAX, description="RFC 3339.")
_Reason = Field(default="", max_length=REASON_CHARACTERS_MAX)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OfferBody(_Body):
    """Until when the customer may accept."""

    valid_until: str = _Instant


class ReasonBody(_Body):
    """Why."""

    reason: str = _Reason


class AcceptanceBody(_Body):
    """What is accepted: the hash of the content that was read."""

    sha256: str = Field(min_length=64, max_length=64)


class PauseBody(_Body):
    """From when to when the contract rests; without an end until it is resumed."""

    start: str = _Instant
    end: str | None = Field(default=None, max_length=TEXT_CHARACTERS_MAX, description="RFC 3339.")
    reason: str = _Reason


class AtBody(_Body):
    """When."""

    at: str = _Instant


class RenewalBody(_Body):
    """Until when it runs now."""

    until: str = _Instant
    reason: str = _Reason


class EndBody(_Body):
    """When it ends; without an instant as early as its notice allows."""

    at: str | None = Field(default=None, max_length=TEXT_CHARACTERS_MAX, description="RFC 3339.")
    reason: str = _Reason


class ExchangeBody(_Body):
    """Which machine leaves its place until when, and which follows from when on."""

    machine: str = Field(max_length=TEXT_CHARACTERS_MAX)
    until: str = _Instant
    next_machine: str = Field(max_length=TEXT_CHARACTERS_MAX)
    since: str = _Instant
    reason: str = _Reason
    work_order: str = Field(default="", max_length=REASON_CHARACTERS_MAX)


class PartingBody(_Body):
    """Which machine is bought or goes back, and when."""

    machine: str = Field(max_length=TEXT_CHARACTERS_MAX)
    at: str = _Instant
    reason: str = _Reason

    def to_parting(self) -> Parting:
        """Return the same for the use case."""
        return Parting(machine=self.machine, at=parse_instant(self.at), reason=self.reason)


def router(contracts: Contracts, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        contracts: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["contracts"])
    _add_questions(routes, contracts)
    _add_both_times(routes, contracts)
    _add_agreement(routes, contracts)
    _add_changes(routes, contracts)
    return routes


def _add_questions(routes: APIRouter, contracts: Contracts) -> None:
    @routes.get(CONTRACTS)
    def listed(request: Request, page: Annotated[ListPage, Depends()]) -> Response:
        """Return the last version of each contract that the caller may see, by id."""
        found = contracts.contracts(request.state.actor)
        shown = page_of("contracts", found, lambda each: (each.contract.id,), page.request)
        return paged(request, "contracts", shown, record_content)

    @routes.get(ONE)
    def show(request: Request, id_: str) -> dict[str, Any]:
        """Return the last version of a contract, and where it stands."""
        life = contracts.agreements.life(request.state.actor, id_)
        return _stands(contracts, life, life.last)

    @routes.get(VERSIONS)
    def versions(request: Request, id_: str) -> dict[str, Any]:
        """Return all versions of a contract, the first one first; at most 1,000."""
        life = contracts.agreements.life(request.state.actor, id_)
        return {"versions": [_stands(contracts, life, each) for each in life.records]}

    @routes.get(VERSION)
    def version(request: Request, id_: str, version: VersionPath) -> dict[str, Any]:
        """Return a version of a contract."""
        record = contracts.contract(request.state.actor, id_, version)
        return _stands(contracts, contracts.agreements.life(request.state.actor, id_), record)


def _add_both_times(routes: APIRouter, contracts: Contracts) -> None:
    @routes.get(ONE + "/acts")
    def acts(
        request: Request, id_: str, page: Annotated[ListPage, Depends()], known_at: InstantText = ""
    ) -> Response:
        """Return what was done with a contract and by whom, in order, as it was known then."""
        life = contracts.agreements.life(request.state.actor, id_)
        known = life.known_at(parse_instant(known_at)) if known_at else life
        shown = page_of("acts", known.acts, lambda act: (act.number,), page.request)
        return paged(request, "acts", shown, ContractAct.to_content)

    @routes.get(ONE + "/in-force")
    def in_force(
        request: Request, id_: str, at: InstantText, known_at: InstantText = ""
    ) -> dict[str, Any]:
        """Return the version that holds at an instant, as it was known at another."""
        life = contracts.agreements.life(request.state.actor, id_)
        known = life.known_at(parse_instant(known_at)) if known_at else life
        found = known.in_force(parse_instant(at))
        if found is None:
            msg = f"no version of contract {id_} that was activated holds at {at}"
            raise NotInForce(msg)
        return _stands(contracts, life, life.record(found.version))


def _add_agreement(routes: APIRouter, contracts: Contracts) -> None:
    @routes.put(VERSION)
    def amend(request: Request, id_: str, version: VersionPath, content: Content) -> dict[str, Any]:
        """Record a version as a draft; the same again changes nothing."""
        contract = Contract.from_content({"id": id_, "version": version} | content)
        if (contract.id, contract.version) != (id_, version):
            msg = f"the content is of contract {contract.id} version {contract.version}: expected "
            raise Invalid(msg + f"{id_} version {version}, as the address says")
        actor: Actor = request.state.actor
        contracts.agree(actor, contract)
        life = contracts.agreements.life(actor, id_)
        return _stands(contracts, life, life.record(version))

    @routes.post(VERSION + "/offer")
    def offer(request: Request, id_: str, version: VersionPath, body: OfferBody) -> dict[str, Any]:
        """Offer a version to the customer."""
        until = parse_instant(body.valid_until)
        does = contracts.agreements
        return does.offer(request.state.actor, id_, version, until).to_content()

    @routes.post(VERSION + "/withdrawal")
    def withdraw(
        request: Request, id_: str, version: VersionPath, body: ReasonBody
    ) -> dict[str, Any]:
        """Take back a draft or an offer that nobody has accepted yet."""
        does = contracts.agreements
        return does.withdraw(request.state.actor, id_, version, body.reason).to_content()

    @routes.post(VERSION + "/acceptance")
    def accept(
        request: Request, id_: str, version: VersionPath, body: AcceptanceBody
    ) -> dict[str, Any]:
        """Accept an offered version for the customer; who, when and from where is signed."""
        address = "" if request.client is None else request.client.host
        does = contracts.agreements
        return does.accept(request.state.actor, id_, version, body.sha256, address).to_content()

    @routes.post(VERSION + "/activation", openapi_extra=REPEATABLE)
    def activate(request: Request, id_: str, version: VersionPath) -> dict[str, Any]:
        """Let a version bind; again changes nothing."""
        return record_content(contracts.activate(request.state.actor, id_, version))


def _add_changes(routes: APIRouter, contracts: Contracts) -> None:
    does = contracts.agreements

    @routes.post(ONE + "/pause")
    def pause(request: Request, id_: str, body: PauseBody) -> dict[str, Any]:
        """Let a contract rest: no base fee, no guarantee; usage is billed all the same."""
        span = parse_instant(body.start), _instant(body.end)
        return does.pause(request.state.actor, id_, span, body.reason).to_content()

    @routes.post(ONE + "/resumption")
    def resume(request: Request, id_: str, body: AtBody) -> dict[str, Any]:
        """End the pause that a contract is in."""
        return does.resume(request.state.actor, id_, parse_instant(body.at)).to_content()

    @routes.post(ONE + "/renewal")
    def renew(request: Request, id_: str, body: RenewalBody) -> dict[str, Any]:
        """Let a contract of fixed term run longer."""
        until = parse_instant(body.until)
        return does.renew(request.state.actor, id_, until, body.reason).to_content()

    @routes.post(ONE + "/end")
    def end(request: Request, id_: str, body: EndBody) -> dict[str, Any]:
        """Let a contract end, by notice given now."""
        at = _instant(body.at)
        return does.end(request.state.actor, id_, at, body.reason).to_content()

    @routes.post(ONE + "/exchange")
    def exchange(request: Request, id_: str, body: ExchangeBody) -> dict[str, Any]:
        """Exchange a machine for another one in its place."""
        swap = Exchange(
            machine=body.machine,
            until=parse_instant(body.until),
            next_machine=body.next_machine,
            since=parse_instant(body.since),
            reason=body.reason,
            work_order=body.work_order,
        )
        return does.exchange(request.state.actor, id_, swap).to_content()

    @routes.post(ONE + "/purchase")
    def purchase(request: Request, id_: str, body: PartingBody) -> dict[str, Any]:
        """Let the customer buy a leased machine by its option, at the end of the lease."""
        return does.purchase(request.state.actor, id_, body.to_parting()).to_content()

    @routes.post(ONE + "/return")
    def give_back(request: Request, id_: str, body: PartingBody) -> dict[str, Any]:
        """Take a machine out of its place; nobody follows it."""
        return does.give_back(request.state.actor, id_, body.to_parting()).to_content()


def record_content(record: ContractRecord) -> dict[str, Any]:
    """Return a version with when it was recorded and when it was activated."""
    at = record.activated_at
    return {
        "contract": record.contract.to_content(),
        "sha256": record.contract.sha256,
        "created_at": format_instant(record.created_at),
        "activated_at": None if at is None else format_instant(at),
    }


def _stands(contracts: Contracts, life: ContractLife, record: ContractRecord) -> dict[str, Any]:
    state = life.state(record.contract.version, contracts.now())
    return record_content(record) | {"state": str(state)}


def _instant(text: str | None) -> Instant | None:
    return None if text is None else parse_instant(text)
