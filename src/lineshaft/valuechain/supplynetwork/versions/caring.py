"""Use cases of who looks after a dependency: note it, undo it, see what was noted."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from lineshaft.core.errors import NotFound, PreconditionFailed, RateLimited
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.valuechain.supplynetwork.versions.care import (
    CARE_NOTES_MAX,
    Care,
    CareNote,
    supplier_of,
)

if TYPE_CHECKING:
    from lineshaft.valuechain.supplynetwork.register import Dependency
    from lineshaft.valuechain.supplynetwork.versions.ports import NetworkParts

ALL = Resource("network", "*")
Key = tuple[str, str]


class RegisterCare:
    """Notes who looks after the dependencies of the last version."""

    def __init__(
        self, parts: "NetworkParts", last: Callable[[Actor], Sequence["Dependency"]]
    ) -> None:
        """Take everything.

        Args:
            parts: of the supply networks.
            last: the register of the last version, as its files say it.
        """
        self._parts = parts
        self._last = last

    def notes(self, actor: Actor, item: str) -> list[CareNote]:
        """Return what was noted of a dependency, the last note first.

        Raises:
            NotFound: when the item is not in the register.
        """
        self._parts.authorizer.authorize(actor, Action.NETWORK_READ, ALL)
        key = self._key(actor, item)
        with self._parts.database.read() as connection:
            return self._of(connection, key)[::-1]

    def note(self, actor: Actor, item: str, care: Care) -> None:
        """Note who looks after a dependency; the same again changes nothing.

        Raises:
            NotFound: when the item is not in the register.
            RateLimited: beyond `CARE_NOTES_MAX`.
        """
        self._parts.authorizer.authorize(actor, Action.NETWORK_WRITE, ALL)
        key = self._key(actor, item)
        with self._parts.database.unit_of_work() as unit:
            unit.lock("register-care")
            known = self._of(unit.connection, key)
            if (known[-1].care if known else Care()) != care:
                self._add(unit.connection, actor, key, care)

    def undo(self, actor: Actor, item: str) -> None:
        """Note what stood there before the last note; twice brings that one back.

        Raises:
            NotFound: when the item is not in the register.
            PreconditionFailed: when nothing was noted.
        """
        self._parts.authorizer.authorize(actor, Action.NETWORK_WRITE, ALL)
        key = self._key(actor, item)
        with self._parts.database.unit_of_work() as unit:
            unit.lock("register-care")
            known = self._of(unit.connection, key)
            if not known:
                msg = f"nothing was noted of {item}: there is nothing to undo"
                raise PreconditionFailed(msg)
            before = known[-2].care if len(known) > 1 else Care()
            self._add(unit.connection, actor, key, before)

    def _of(self, connection: sa.Connection, key: Key) -> list[CareNote]:
        notes = self._parts.store.care_notes(connection)
        return [each for each in notes if (each.item, each.supplier) == key]

    def _key(self, actor: Actor, item: str) -> Key:
        for each in self._last(actor):
            if each.item == item:
                return item, supplier_of(each)
        msg = f"{item[:100]!r} is not in the register: expected an item that depends on one "
        raise NotFound(msg + "supplier, of the last version")

    def _add(self, connection: sa.Connection, actor: Actor, key: Key, care: Care) -> None:
        count = len(self._parts.store.care_notes(connection))
        if count >= CARE_NOTES_MAX:
            msg = f"{count} notes of owners and actions are kept: at most that many"
            raise RateLimited(msg)
        made = CareNote(count + 1, *key, care, self._parts.clock.now(), actor.name)
        self._parts.store.add_care_note(connection, made)
        about = f"dependency/{key[0]}"
        self._parts.audit.append(connection, actor, Action.NETWORK_WRITE, about, made.to_content())
