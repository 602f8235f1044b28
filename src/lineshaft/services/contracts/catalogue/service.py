"""The catalogue of a maker: list, show, make from a pack, next version, withdraw, compare."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.errors import Invalid
from lineshaft.core.pages import PAGE_SIZE
from lineshaft.infrastructure.database import Database, OutboxMessage
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.contracts.catalogue.errors import AlreadyWithdrawn, PackNotFound
from lineshaft.services.contracts.catalogue.events import offering_withdrawn
from lineshaft.services.contracts.catalogue.model import (
    PAGE_OFFERINGS_MAX,
    REASON_CHARACTERS_MAX,
    CatalogueEntry,
    CataloguePage,
    CatalogueQuery,
    Change,
    OfferingChanges,
    UsePage,
    Withdrawal,
    changed,
    check_limit,
    differences,
)
from lineshaft.services.contracts.catalogue.ports import CatalogueStore
from lineshaft.services.contracts.errors import OfferingNotFound
from lineshaft.services.contracts.model import Classification, Offering, OfferingReference
from lineshaft.services.contracts.packs.model import Pack
from lineshaft.services.contracts.packs.shelf import packs
from lineshaft.services.contracts.service import Contracts

EVENT_SUBJECT = "event.contracts"
CLASSIFICATIONS_MAX = 10_000
"""Versions of offerings that one question is about."""


class CatalogueParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of the catalogue take.

    Attributes:
        contracts: records the versions.
    """

    database: Database
    store: CatalogueStore
    contracts: Contracts
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource


class Catalogue:
    """What is on sale; a version that was recorded never changes."""

    def __init__(self, parts: CatalogueParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def packs(self, actor: Actor) -> list[Pack]:
        """Return the templates that ship with the product, by id."""
        self._check_read(actor, "*")
        return list(packs().values())

    def pack(self, actor: Actor, id_: str) -> Pack:
        """Return one of them.

        Raises:
            PackNotFound: when there is none.
        """
        self._check_read(actor, "*")
        if id_ not in packs():
            msg = f"there is no pack {id_[:80]!r}: expected one of {', '.join(packs())}"
            raise PackNotFound(msg)
        return packs()[id_]

    def page(self, actor: Actor, query: CatalogueQuery) -> CataloguePage:
        """Return the last versions of the offerings that are asked for, by id."""
        self._check_read(actor, "*")
        found: list[CatalogueEntry] = []
        after = query.after
        with self._database.read() as connection:
            while True:
                part = self._store.last_versions(connection, after, PAGE_OFFERINGS_MAX)
                found += [entry for entry in part if query.fits(entry)]
                if len(found) > query.limit:
                    last = found[query.limit - 1].offering.id
                    return CataloguePage(tuple(found[: query.limit]), last)
                if len(part) < PAGE_OFFERINGS_MAX:
                    return CataloguePage(tuple(found), None)
                after = part[-1].offering.id

    def show(self, actor: Actor, id_: str, version: int | None = None) -> CatalogueEntry:
        """Return a version of an offering; the last one for None.

        Raises:
            OfferingNotFound: when there is none.
        """
        versions = self.versions(actor, id_)
        return _version(versions, id_, len(versions) if version is None else version)

    def versions(self, actor: Actor, id_: str) -> list[CatalogueEntry]:
        """Return all versions of an offering, the first one first; at most `VERSIONS_MAX`.

        Raises:
            OfferingNotFound: when there is none.
        """
        self._check_read(actor, id_)
        with self._database.read() as connection:
            return self._versions(connection, id_)

    def record(self, actor: Actor, offering: Offering) -> CatalogueEntry:
        """Record a version as it is, such as one from a file; the same again changes nothing.

        Raises:
            VersionTaken: when the version is recorded with other content.
            VersionGap: when it does not follow the last version.
        """
        self._parts.contracts.offer(actor, offering)
        return self.show(actor, offering.id, offering.version)

    def from_pack(
        self, actor: Actor, pack: str, id_: str, changes: OfferingChanges
    ) -> CatalogueEntry:
        """Record version 1 of an offering that is made from a pack.

        Raises:
            PackNotFound: when there is no such pack.
            PlaceUnknown: when a value is for a place that the pack does not have.
            TermsInvalid: when a value cannot stand where it is put.
            VersionTaken: when there is an offering of this id with other content.
        """
        template = self.pack(actor, pack).offering
        return self.record(actor, changed(template, changes).named(id_, 1))

    def next_version(
        self, actor: Actor, id_: str, version: int, changes: OfferingChanges
    ) -> CatalogueEntry:
        """Record a version that is the one before it with some values changed.

        Raises:
            OfferingNotFound: when there is no version before it.
            PlaceUnknown: when a value is for a place that it does not have.
            TermsInvalid: when a value cannot stand where it is put.
            VersionTaken: when the version is recorded with other content.
        """
        before = self.show(actor, id_, version - 1).offering
        return self.record(actor, changed(before, changes).named(id_, version))

    def withdraw(self, actor: Actor, id_: str, version: int, reason: str) -> CatalogueEntry:
        """Take a version and those before it off sale; the same again changes nothing.

        Contracts that were made from them stay as they are. A later version is on sale.

        Raises:
            OfferingNotFound: when there is no such version.
            AlreadyWithdrawn: when it is withdrawn, for another reason.
        """
        self._parts.authorizer.authorize(actor, Action.CONTRACT_WRITE, _resource(id_))
        _check_reason(reason)
        with self._database.unit_of_work() as unit:
            unit.lock(f"offering:{id_}")
            entry = _version(self._versions(unit.connection, id_), id_, version)
            if entry.withdrawal is not None:
                if (entry.withdrawal.offering.version, entry.withdrawal.reason) != (
                    version,
                    reason,
                ):
                    msg = f"offering {id_} version {version} is withdrawn already: "
                    raise AlreadyWithdrawn(msg + entry.withdrawal.reason)
                return entry
            at = self._parts.clock.now()
            made = Withdrawal(entry.offering.reference, at, actor.id, reason)
            self._store.withdraw(unit.connection, made)
            event = offering_withdrawn(self._parts.ids.new_id("evt"), made)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
            detail = {"version": version, "withdrawn": reason}
            subject = f"offering/{id_}"
            self._parts.audit.append(unit.connection, actor, Action.CONTRACT_WRITE, subject, detail)
        return CatalogueEntry(entry.offering, entry.recorded_at, made)

    def compare(self, actor: Actor, id_: str, before: int, after: int) -> tuple[Change, ...]:
        """Return every place at which two versions of an offering differ.

        Raises:
            OfferingNotFound: when there is no such version.
        """
        versions = self.versions(actor, id_)
        old, new = (_version(versions, id_, each).offering for each in (before, after))
        return differences(old, new)

    def contracts(self, actor: Actor, id_: str, after: str = "", limit: int = PAGE_SIZE) -> UsePage:
        """Return the contracts whose last version is made from an offering, by id, in pages.

        Raises:
            OfferingNotFound: when there is no such offering.
        """
        self._check_read(actor, id_)
        check_limit(limit)
        with self._database.read() as connection:
            self._versions(connection, id_)
            found = self._store.contracts(connection, id_, after, limit + 1)
        shown = tuple(found[:limit])
        return UsePage(shown, shown[-1].contract.id if len(found) > len(shown) else None)

    def classifications(
        self, actor: Actor, references: Collection[OfferingReference]
    ) -> dict[OfferingReference, Classification]:
        """Return what versions of offerings are counted as; those that do not exist are left out.

        Raises:
            Invalid: when there are more than `CLASSIFICATIONS_MAX`.
        """
        self._check_read(actor, "*")
        if len(references) > CLASSIFICATIONS_MAX:
            msg = f"{len(references)} versions of offerings: at most {CLASSIFICATIONS_MAX} at once"
            raise Invalid(msg)
        with self._database.read() as connection:
            found = self._store.named(connection, references)
        return {entry.offering.reference: entry.offering.classification for entry in found}

    def _versions(self, connection: sa.Connection, id_: str) -> list[CatalogueEntry]:
        found = self._store.versions(connection, id_)
        if not found:
            msg = f"there is no offering {id_[:80]!r}"
            raise OfferingNotFound(msg)
        return found

    def _check_read(self, actor: Actor, id_: str) -> None:
        self._parts.authorizer.authorize(actor, Action.CONTRACT_READ, _resource(id_))


def _resource(id_: str) -> Resource:
    return Resource("offering", id_)


def _version(versions: list[CatalogueEntry], id_: str, version: int) -> CatalogueEntry:
    if not 1 <= version <= len(versions):
        msg = f"there is no offering {id_} version {version}: the last one is {len(versions)}"
        raise OfferingNotFound(msg)
    return versions[version - 1]


def _check_reason(reason: str) -> None:
    if not 0 < len(reason.strip()) <= REASON_CHARACTERS_MAX:
        msg = f"a reason of {len(reason)} characters: expected 1 to {REASON_CHARACTERS_MAX}"
        raise Invalid(msg)
