"""Who may number records: the pure rule of enrolment.

A source is known by its id and its key for ever; its salt secret belongs to an epoch. Nothing that
a stranger sends can change what an administrator has accepted.
"""

import dataclasses
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core import canonical
from lineshaft.core.errors import Refusal
from lineshaft.core.messages import EnrolAnswer, EnrolRequest, enrol_proof
from lineshaft.core.period import Instant
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import SIGNATURE_BYTES, check_source_id, verify_signature
from lineshaft.security.identity.model import SOURCES_WAITING_MAX, Mark, Source, SourceState

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Claim:
    """A request whose proof was right: the sender owns the key."""

    source: SourceId
    public_key: bytes
    salt_secret: bytes = dataclasses.field(repr=False)
    is_new_epoch_wanted: bool
    at: Instant


def read_claim(request: EnrolRequest, at: Instant) -> Claim:
    """Check the form and the proof of a request.

    Raises:
        Refusal: when the id, a key or the proof is wrong.
    """
    source = check_source_id(request.source)
    public_key = canonical.decode_hex(request.public_key, KEY_BYTES)
    salt_secret = canonical.decode_hex(request.salt_secret, KEY_BYTES)
    proof = canonical.decode_hex(request.proof, SIGNATURE_BYTES)
    key = Ed25519PublicKey.from_public_bytes(public_key)
    verify_signature(enrol_proof(source, salt_secret), proof, key)
    return Claim(source, public_key, salt_secret, request.is_new_epoch_wanted, at)


class Outcome(msgspec.Struct, frozen=True):
    """The answer to a claim, and the source as it has to be stored (None: as it is)."""

    answer: EnrolAnswer
    changed: Source | None = None


def decide(known: Source | None, claim: Claim, mark: Mark, waiting: int) -> Outcome:
    """Answer a claim.

    Args:
        known: the source of that id, if there is one.
        claim: what is asked.
        mark: of the known source's present epoch.
        waiting: how many sources wait for an administrator.
    """
    if known is None:
        return _wait(_newcomer(claim), waiting)
    if known.public_key != claim.public_key:
        was_never_in = known.epoch == 0 and known.state is SourceState.REFUSED
        return _wait(_newcomer(claim), waiting) if was_never_in else _refused(_OTHER_KEY)
    if known.state is SourceState.REFUSED:
        return _refused(known.reason)
    if known.state is SourceState.WAITING:
        return Outcome(_WAITING, _newcomer(claim))
    return _decide_accepted(known, claim, mark, waiting)


def _decide_accepted(known: Source, claim: Claim, mark: Mark, waiting: int) -> Outcome:
    if known.salt_secret == claim.salt_secret:
        # An epoch without a segment is as good as a new one: the same request after the consent,
        # or after an answer that was lost, must not ask for yet another.
        is_answered = not claim.is_new_epoch_wanted or mark.number == 0
        return Outcome(accepted(known, mark)) if is_answered else _refused(_USED_SALT)
    if not claim.is_new_epoch_wanted:
        return _refused(_OTHER_SALT)
    asking = dataclasses.replace(known, wanted_salt_secret=claim.salt_secret, requested_at=claim.at)
    return Outcome(_WAITING, asking) if known.is_waiting else _wait(asking, waiting)


def accepted(source: Source, mark: Mark) -> EnrolAnswer:
    """Return the answer to a source that is let in."""
    return EnrolAnswer("accepted", source.epoch, mark.number, mark.sequence)


def admit(source: Source) -> Source:
    """Return a source as an administrator's consent leaves it.

    The first consent begins epoch 1, one to a new epoch the next; a source that was refused after
    it had been let in goes on where it was.
    """
    begins_epoch = source.epoch == 0 or source.wanted_salt_secret is not None
    return dataclasses.replace(
        source,
        state=SourceState.ACCEPTED,
        epoch=source.epoch + 1 if begins_epoch else source.epoch,
        salt_secret=source.wanted_salt_secret or source.salt_secret,
        wanted_salt_secret=None,
        reason="",
    )


def refuse(source: Source, reason: str) -> Source:
    """Return a source as an administrator's refusal leaves it; a wish for an epoch is gone too."""
    return dataclasses.replace(
        source, state=SourceState.REFUSED, wanted_salt_secret=None, reason=reason
    )


def refusal(error: Refusal) -> EnrolAnswer:
    """Return the answer to a request that is malformed or without proof."""
    return EnrolAnswer("refused", reason=str(error))


_OTHER_KEY = "this source id belongs to another key"
_OTHER_SALT = "the salt secret differs from the enrolled one; ask for a new epoch"
_USED_SALT = "a new epoch needs a new salt secret"
_WAITING = EnrolAnswer("waiting", reason="an administrator has to accept this source")
_FULL = EnrolAnswer(
    "waiting", reason=f"{SOURCES_WAITING_MAX} sources wait for an administrator; ask again later"
)


def _newcomer(claim: Claim) -> Source:
    return Source(
        id=claim.source,
        epoch=0,
        public_key=claim.public_key,
        salt_secret=claim.salt_secret,
        state=SourceState.WAITING,
        requested_at=claim.at,
    )


def _wait(source: Source, waiting: int) -> Outcome:
    return Outcome(_FULL) if waiting >= SOURCES_WAITING_MAX else Outcome(_WAITING, source)


def _refused(reason: str) -> Outcome:
    return Outcome(EnrolAnswer("refused", reason=reason))
