"""The catalogue over HTTP; `web` mounts the router and says who is asking."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lineshaft.core.errors import Invalid
from lineshaft.core.pages import Page, cursor_at, place_of
from lineshaft.infrastructure.pages import ListPage, paged
from lineshaft.infrastructure.routes import signed_in_routes
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.catalogue.model import (
    REASON_CHARACTERS_MAX,
    VALUES_MAX,
    CatalogueEntry,
    CatalogueQuery,
    OfferingChanges,
)
from lineshaft.services.contracts.catalogue.service import Catalogue
from lineshaft.services.contracts.model import (
    Binding,
    ContractRecord,
    CustomerClass,
    LocalText,
    Offering,
    OfferingKind,
)

OFFERINGS, PACKS = "/api/v1/offerings", "/api/v1/packs"
ONE, VERSIONS = OFFERINGS + "/{id_}", OFFERINGS + "/{id_}/versions"
TEXT_CHARACTERS_MAX = 200
INTEGER_MAX = 2**31 - 1
_OFFERINGS, _CONTRACTS = "offerings", "contracts"

ActorOf = Callable[[Request], Actor]
Version = Annotated[int, Path(ge=1, le=INTEGER_MAX)]
VersionQuery = Annotated[int, Query(ge=1, le=INTEGER_MAX)]
Content = Annotated[dict[str, Any], Body(description="The content of an offering.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LocalTextBody(_Body):
    """A text in both languages."""

    en: str = Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)
    zh_hans: str = Field(alias="zh-Hans", min_length=1, max_length=TEXT_CHARACTERS_MAX)


class ChangesBody(_Body):
    """What is to be different; the rest stays as it is."""

    name: LocalTextBody | None = None
    currency: str | None = Field(default=None, description="ISO 4217.", max_length=3)
    values: dict[str, str] = Field(
        default_factory=dict,
        max_length=VALUES_MAX,
        description="New values by place, such as `terms.base_fee.amount_per_month`; also of "
        "`kind`, `binding`, `customer_class`, `activity` and `service_class`.",
    )

    def to_changes(self) -> OfferingChanges:
        """Return the same for the use case."""
        name = None if self.name is None else LocalText(en=self.name.en, zh_hans=self.name.zh_hans)
        return OfferingChanges(name=name, currency=self.currency, values=self.values)


class FromPackBody(ChangesBody):
    """An offering that is made from a pack."""

    id: str = Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)


class NextVersionBody(ChangesBody):
    """A version that is the one before it, changed."""

    version: int = Field(ge=2, le=INTEGER_MAX, description="The number that it gets.")


class WithdrawalBody(_Body):
    """Why a version and those before it are not sold any more."""

    version: int = Field(ge=1, le=INTEGER_MAX)
    reason: str = Field(min_length=1, max_length=REASON_CHARACTERS_MAX)


def _query(
    page: Annotated[ListPage, Depends()],
    kind: OfferingKind | None = None,
    binding: Binding | None = None,
    customer_class: CustomerClass | None = None,
    on_sale: bool | None = None,  # noqa: FBT001
) -> CatalogueQuery:
    return CatalogueQuery(
        kind=kind,
        binding=binding,
        customer_class=customer_class,
        is_on_sale=on_sale,
        after=_place(_OFFERINGS, page),
        limit=page.request.size,
    )


def _place(listed: str, page: ListPage) -> str:
    (id_,) = place_of(listed, page.request.after, ("",))
    return str(id_)


def _cursor(listed: str, last: str | None) -> str | None:
    return None if last is None else cursor_at(listed, last)


def _use(record: ContractRecord) -> dict[str, Any]:
    contract = record.contract
    return {
        "id": contract.id,
        "version": contract.version,
        "offering_version": contract.offering.version,
        "is_activated": record.activated_at is not None,
    }


def router(catalogue: Catalogue, actor_of: ActorOf) -> APIRouter:
    """Return the routes.

    Args:
        catalogue: the use cases.
        actor_of: says who is asking, or raises Unauthorized.
    """
    routes = signed_in_routes(actor_of, tags=["offerings"])
    _add_packs(routes, catalogue)
    _add_questions(routes, catalogue)
    _add_changes(routes, catalogue)
    return routes


def _add_packs(routes: APIRouter, catalogue: Catalogue) -> None:
    @routes.get(PACKS)
    def packs(request: Request) -> dict[str, Any]:
        """Return the templates that ship with the product; there are a few dozen at most."""
        return {"packs": [each.to_content() for each in catalogue.packs(request.state.actor)]}

    @routes.get(PACKS + "/{pack}")
    def pack(request: Request, pack: str) -> dict[str, Any]:
        """Return one of them."""
        return catalogue.pack(request.state.actor, pack).to_content()

    @routes.post(PACKS + "/{pack}/offerings", status_code=HTTPStatus.CREATED)
    def make(request: Request, pack: str, body: FromPackBody) -> dict[str, Any]:
        """Record version 1 of an offering made from a pack; the same again changes nothing."""
        changes = body.to_changes()
        return catalogue.from_pack(request.state.actor, pack, body.id, changes).to_content()


def _add_questions(routes: APIRouter, catalogue: Catalogue) -> None:
    @routes.get(OFFERINGS)
    def listed(request: Request, query: Annotated[CatalogueQuery, Depends(_query)]) -> Response:
        """Return the last version of each offering, by id, page by page."""
        found = catalogue.page(request.state.actor, query)
        page = Page(found.entries, _cursor(_OFFERINGS, found.next))
        return paged(request, _OFFERINGS, page, CatalogueEntry.to_content)

    @routes.get(ONE)
    def show(request: Request, id_: str) -> dict[str, Any]:
        """Return the last version of an offering."""
        return catalogue.show(request.state.actor, id_).to_content()

    @routes.get(VERSIONS)
    def versions(request: Request, id_: str) -> dict[str, Any]:
        """Return all versions of an offering, the first one first; at most 1,000."""
        found = catalogue.versions(request.state.actor, id_)
        return {"versions": [each.to_content() for each in found]}

    @routes.get(VERSIONS + "/{version}")
    def version(request: Request, id_: str, version: Version) -> dict[str, Any]:
        """Return a version of an offering."""
        return catalogue.show(request.state.actor, id_, version).to_content()

    @routes.get(ONE + "/difference")
    def difference(
        request: Request, id_: str, before: VersionQuery, after: VersionQuery
    ) -> dict[str, Any]:
        """Return every place at which two versions differ."""
        found = catalogue.compare(request.state.actor, id_, before, after)
        return {"changes": [each.to_content() for each in found]}

    @routes.get(ONE + "/contracts")
    def contracts(request: Request, id_: str, page: Annotated[ListPage, Depends()]) -> Response:
        """Return which contracts are made from an offering, by id, page by page."""
        after, size = _place(_CONTRACTS, page), page.request.size
        found = catalogue.contracts(request.state.actor, id_, after, size)
        shown = Page(found.records, _cursor(_CONTRACTS, found.next))
        return paged(request, _CONTRACTS, shown, _use)


def _add_changes(routes: APIRouter, catalogue: Catalogue) -> None:
    @routes.put(VERSIONS + "/{version}")
    def record(request: Request, id_: str, version: Version, content: Content) -> dict[str, Any]:
        """Record a version as it is, such as one that was exported; the same changes nothing."""
        offering = Offering.from_content({"id": id_, "version": version} | content)
        if (offering.id, offering.version) != (id_, version):
            msg = f"the content is of offering {offering.id} version {offering.version}: expected "
            raise Invalid(msg + f"{id_} version {version}, as the address says")
        return catalogue.record(request.state.actor, offering).to_content()

    @routes.post(VERSIONS, status_code=HTTPStatus.CREATED)
    def following(request: Request, id_: str, body: NextVersionBody) -> dict[str, Any]:
        """Record the version before with some values changed; the same again changes nothing."""
        changes = body.to_changes()
        return catalogue.next_version(request.state.actor, id_, body.version, changes).to_content()

    @routes.post(ONE + "/withdrawal")
    def withdraw(request: Request, id_: str, body: WithdrawalBody) -> dict[str, Any]:
        """Take a version and those before it off sale; contracts that were made from them stay."""
        return catalogue.withdraw(request.state.actor, id_, body.version, body.reason).to_content()
