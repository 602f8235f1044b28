"""Who is asking: the use cases of organisations, people, sessions, API tokens and sources."""

from lineshaft.core.errors import Refusal
from lineshaft.core.messages import EnrolAnswer, EnrolRequest
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.log import log_of
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.identity import enrolment
from lineshaft.security.identity.errors import UnknownSource
from lineshaft.security.identity.model import (
    SOURCE_REASON_CHARACTERS_MAX,
    Mark,
    Source,
    SourceKey,
    SourceState,
)
from lineshaft.security.identity.parts import SOURCES_LOCK, IdentityParts, IdentityStores
from lineshaft.security.identity.people import Credentials, NewPerson, PersonChange
from lineshaft.security.identity.signin import NewToken, SignedIn, SignIn

__all__ = [
    "Credentials",
    "Identity",
    "IdentityParts",
    "IdentityStores",
    "NewPerson",
    "NewToken",
    "PersonChange",
    "SignedIn",
]


class Identity(SignIn):
    """People (`People`), how they sign in (`SignIn`), and here the sources."""

    def enrol(self, actor: Actor, request: EnrolRequest) -> EnrolAnswer:
        """Answer a source that asks to be let in; nothing that it sends lets it in by itself.

        A malformed request or a wrong proof is answered with `refused` too, so that the edge
        learns why.
        """
        resource = Resource("source", request.source)
        self._authorizer.authorize(actor, Action.SOURCE_ENROL, resource)
        return self._enrol(request)

    def enrol_local(self, actor: Actor, request: EnrolRequest) -> EnrolAnswer:
        """Let in a source of this machine at once: who may write here needs nobody's consent.

        That holds for a key that waits or was never seen. A new epoch, a refused source and
        another key under a known id are answered as if they came from afar.
        """
        resource = Resource("source", request.source)
        self._authorizer.authorize(actor, Action.SOURCE_ACCEPT, resource)
        answer = self._enrol(request)
        with self._database.read() as connection:
            source = self._sources.source(connection, SourceId(request.source))
        if answer.state != "waiting" or source is None or source.epoch != 0:
            return answer
        self.accept_source(actor, source.id)
        return self._enrol(request)

    def accept_source(self, actor: Actor, source: SourceId) -> Source:
        """Let a source in, or give it the new epoch that it asks for.

        A source that is in and asks for nothing stays as it is.

        Raises:
            UnknownSource: when none with that id has asked.
        """
        self._authorizer.authorize(actor, Action.SOURCE_ACCEPT, Resource("source", source))
        with self._database.unit_of_work() as unit:
            unit.lock(SOURCES_LOCK)
            known = _known(self._sources.source(unit.connection, source), source)
            admitted = enrolment.admit(known)
            if admitted == known:
                return known
            self._sources.save_source(unit.connection, admitted)
            detail = {"epoch": admitted.epoch, "public_key": admitted.public_key.hex()}
            subject = f"source/{source}"
            self._audit.append(unit.connection, actor, Action.SOURCE_ACCEPT, subject, detail)
        return admitted

    def refuse_source(self, actor: Actor, source: SourceId, reason: str) -> Source:
        """Turn a source away; intake takes nothing more from it, what it sent stays proven.

        Raises:
            UnknownSource: when none with that id has asked.
        """
        self._authorizer.authorize(actor, Action.SOURCE_REFUSE, Resource("source", source))
        said = reason[:SOURCE_REASON_CHARACTERS_MAX] or "an administrator has refused this source"
        with self._database.unit_of_work() as unit:
            unit.lock(SOURCES_LOCK)
            known = _known(self._sources.source(unit.connection, source), source)
            refused = enrolment.refuse(known, said)
            self._sources.save_source(unit.connection, refused)
            detail = {"epoch": refused.epoch, "reason": said}
            subject = f"source/{source}"
            self._audit.append(unit.connection, actor, Action.SOURCE_REFUSE, subject, detail)
        return refused

    def sources(self, actor: Actor) -> list[Source]:
        """Return all sources in order of their id; `is_waiting` marks what has to be decided."""
        self._authorizer.authorize(actor, Action.SOURCE_READ, Resource("source", "*"))
        with self._database.read() as connection:
            return self._sources.sources(connection)

    def source_key(self, source: SourceId, epoch: int) -> SourceKey:
        """Return the keys of a source in one epoch, for intake and for rebuilding proofs.

        Raises:
            UnknownSource: when there was never such an epoch.
        """
        with self._database.read() as connection:
            key = self._sources.source_key(connection, source, epoch)
        if key is None:
            msg = f"there is no epoch {epoch} of a source {source}"
            raise UnknownSource(msg)
        return key

    def source_keys(self) -> list[SourceKey]:
        """Return the keys of all sources and epochs, in that order, for the key file."""
        with self._database.read() as connection:
            return self._sources.source_keys(connection)

    def _enrol(self, request: EnrolRequest) -> EnrolAnswer:
        try:
            claim = enrolment.read_claim(request, self._clock.now())
        except Refusal as error:
            said = {"source": request.source[:80], "reason": str(error)}
            log_of(__name__).warning("enrolment without proof", **said)
            return enrolment.refusal(error)
        with self._database.unit_of_work() as unit:
            unit.lock(SOURCES_LOCK)
            known = self._sources.source(unit.connection, claim.source)
            waiting = self._sources.count_waiting(unit.connection)
            outcome = enrolment.decide(known, claim, self._mark(known), waiting)
            if outcome.changed is not None:
                self._sources.save_source(unit.connection, outcome.changed)
        if outcome.answer.state != "accepted":
            said = {"source": claim.source, "reason": outcome.answer.reason}
            log_of(__name__).info("source not let in", **said)
        return outcome.answer

    def _mark(self, known: Source | None) -> Mark:
        if known is None or known.state is not SourceState.ACCEPTED:
            return Mark(0, 0)
        return self._parts.marks.mark(known.id, known.epoch)


def _known(source: Source | None, key: SourceId) -> Source:
    if source is None:
        msg = f"no source {key} has asked to be let in"
        raise UnknownSource(msg)
    return source
