"""Requests that are carried out once, however often they arrive: the `Idempotency-Key`."""

from lineshaft.infrastructure.idempotency.keeper import (
    ANSWER_BYTES_MAX,
    KEPT_US,
    RUNNING_MAX,
    AnswerLost,
    KeptAnswer,
    KeptAnswers,
    KeyBusy,
    KeyReused,
)
from lineshaft.infrastructure.idempotency.key import (
    HEADER,
    KEY_CHARACTERS_MAX,
    Fingerprint,
    read_key,
)

__all__ = [
    "ANSWER_BYTES_MAX",
    "HEADER",
    "KEPT_US",
    "KEY_CHARACTERS_MAX",
    "RUNNING_MAX",
    "AnswerLost",
    "Fingerprint",
    "KeptAnswer",
    "KeptAnswers",
    "KeyBusy",
    "KeyReused",
    "read_key",
]
