"""Use case of kept versions: who may see which, and how the next one is added.

The packages of the kinds offer it to people under their own names; `packing` turns files into
what is kept here.
"""

import msgspec

from lineshaft.core import canonical
from lineshaft.core.clock import Clock
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Actor
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.valuechain.versions.errors import TooManyVersions
from lineshaft.valuechain.versions.model import VERSIONS_MAX, KeptVersion, Kind, Packed, check_note
from lineshaft.valuechain.versions.packing import Packing, zipped
from lineshaft.valuechain.versions.ports import VersionStore

__all__ = ["Packing", "VersionStore", "Versions", "VersionsParts", "zipped"]


class VersionsParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that kept versions take."""

    database: Database
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock


class Versions:
    """The versions of one kind."""

    def __init__(self, parts: VersionsParts, store: VersionStore, kind: Kind) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._store = store
        self._kind = kind

    def all(self, actor: Actor) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        self._parts.authorizer.authorize(actor, self._kind.read, self._kind.resource)
        with self._parts.database.read() as connection:
            return self._store.versions(connection)

    def named(self, actor: Actor, version: int | None = None) -> KeptVersion:
        """Return a version; the last one for None.

        Raises:
            Refusal: of the kind, where nothing is kept or not this version.
        """
        return self.picked(self.all(actor), version)

    def picked(self, known: list[KeptVersion], version: int | None) -> KeptVersion:
        """Return one of the versions that `all` told; the last one for None.

        Raises:
            Refusal: as `named`.
        """
        if not known:
            raise self._kind.is_missing(self._kind.missing)
        for each in known:
            if version is None or each.version == version:
                return each
        name, last = self._kind.name, known[0].version
        msg = f"there is no version {version} of the {name}: the last one is {last}"
        raise self._kind.not_found(msg)

    def content(self, actor: Actor, version: KeptVersion) -> bytes:
        """Return the canonical content of a version.

        Raises:
            NotFound: of the kind, where it is not kept.
        """
        self._parts.authorizer.authorize(actor, self._kind.read, self._kind.resource)
        with self._parts.database.read() as connection:
            content = self._store.content(connection, version.version)
        if content is None:
            msg = f"there is no version {version.version} of the {self._kind.name}"
            raise self._kind.not_found(msg)
        return content

    def check_write(self, actor: Actor, note: str) -> None:
        """Pass somebody who may add a version, with a note that can be kept.

        Raises:
            Forbidden: for anybody else.
            Invalid: for a longer note.
        """
        self._parts.authorizer.authorize(actor, self._kind.write, self._kind.resource)
        check_note(note)

    def keep(self, actor: Actor, packed: Packed, version: int | None, note: str) -> KeptVersion:
        """Keep checked files as the next version; the content of the last one changes nothing.

        Args:
            actor: who asks.
            packed: what was checked.
            version: that it becomes; None: the next one.
            note: why, for people.

        Raises:
            Conflict: of the kind, when `version` is not the next one.
            TooManyVersions: beyond `VERSIONS_MAX`.
            Invalid: for a note that is too long.
        """
        self.check_write(actor, note)
        sha256, name = canonical.sha256_hex(packed.content), self._kind.name
        with self._parts.database.unit_of_work() as unit:
            unit.lock(self._kind.lock)
            known = self._store.versions(unit.connection)
            last = known[0].version if known else 0
            if known and known[0].sha256 == sha256 and version in {None, last}:
                return known[0]
            if version is not None and version != last + 1:
                msg = f"version {version} of the {name} is not the next one: expected {last + 1}"
                raise self._kind.taken(msg)
            if len(known) >= VERSIONS_MAX:
                msg = f"{len(known)} versions of the {name} are kept: at most that many"
                raise TooManyVersions(msg)
            made = KeptVersion(
                version=last + 1,
                sha256=sha256,
                size_bytes=len(packed.content),
                rows=packed.rows,
                as_of=packed.as_of,
                note=note,
                imported_at=self._parts.clock.now(),
                imported_by=actor.name,
            )
            self._store.add_version(unit.connection, made, packed.content)
            self._parts.audit.append(
                unit.connection,
                actor,
                self._kind.write,
                f"{self._kind.resource.kind}/{made.version}",
                {"sha256": sha256, "note": note},
            )
        return made
