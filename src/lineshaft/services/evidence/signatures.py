"""Many signatures, checked on all processors.

A signature takes some 0.1 ms, so a month of segments (518,400) is a minute of work for one process.
Here two processes of the same program do it, while the caller checks what the signatures are over.
They get public keys, signatures and headers, nothing else.

What the next message names by its hash, the signature over that one proves as well: whoever signed
the last of a chain has signed all of it. So the last of each chain is checked alone, and the
signatures before it, which must be right too, are checked by their sum (`sums`).
"""

import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import IO, NamedTuple, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from lineshaft.core.errors import Invalid, InvariantError
from lineshaft.core.segment.errors import BadSignature
from lineshaft.core.segment.header import verify_signature
from lineshaft.services.evidence.sums import hold_together

ALONE_MAX = 8_192
"""Signatures that are checked in this process: a second of work."""
PROCESSES = 2
SUMMED_MIN = 1_024
"""Signatures that are worth a sum."""
SUMMED_MAX = 16_384
"""Signatures of one sum: a wrong one among them has all of them looked at."""
_NAME = "lineshaft.services.evidence.signatures"
_HEAD = struct.Struct("<32s64sH?")
_END = b"end"
"""Stands behind the last item: without it a process was told a part only."""


class SignedBytes(NamedTuple):
    """Bytes with the signature over them, and the key that must have made it (Ed25519, raw).

    `is_named`: the next item is of the same key, and its message names the hash of this one's.
    """

    key: bytes
    signature: bytes
    message: bytes
    is_named: bool = False


def first_wrong(items: Iterable[SignedBytes]) -> int | None:
    """Return the place of the first signature that its key did not make, or None."""
    taken, before = iter(items), 0
    while some := list(islice(taken, SUMMED_MAX)):
        wrong = None if _hold(some) else _first_wrong_alone(some)
        if wrong is not None:
            return before + wrong
        before += len(some)
    return None


def _hold(items: Sequence[SignedBytes]) -> bool:
    """Tell whether all signatures are right; False also where only a look at each can tell."""
    named: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for key, signature, message, is_named in items:
        if is_named:
            named.setdefault(key, []).append((signature, message))
    if not named or min(map(len, named.values())) < SUMMED_MIN:
        return False
    others = (item for item in items if not item.is_named)
    return all(map(_is_right, others)) and all(
        hold_together(key, signed) for key, signed in named.items()
    )


def _first_wrong_alone(items: Iterable[SignedBytes]) -> int | None:
    return next((place for place, item in enumerate(items) if not _is_right(item)), None)


def _is_right(item: SignedBytes) -> bool:
    """Tell whether a key made a signature (RFC 8032); libsodium is twice as fast as OpenSSL.

    What it refuses, `core.segment.header` judges as it judges every other signature.
    """
    key, signature, message, _ = item
    try:
        crypto_sign_open(signature + message, key)
    except (BadSignatureError, ValueError):
        try:
            verify_signature(message, signature, Ed25519PublicKey.from_public_bytes(key))
        except BadSignature:
            return False
    return True


class SignatureCheck:
    """A check that runs beside the caller, from `begin` until its result is taken."""

    def __init__(self) -> None:
        """Have nothing to check yet."""
        self._items: Callable[[], Iterable[SignedBytes]] = tuple
        self._error: Invalid | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        self._share = 0

    def begin(self, items: Callable[[], Iterable[SignedBytes]], count: int) -> None:
        """Begin to check `count` items; few of them are looked at when the result is asked for.

        What `items` raises is raised by `first_wrong`, unless an earlier signature is wrong.
        """
        self._items = items
        self._share = -(-count // PROCESSES)
        if count > ALONE_MAX:
            taken = self._taken()
            for _ in range(PROCESSES):
                self._processes.append(_process(islice(taken, self._share)))

    def _taken(self) -> Iterator[SignedBytes]:
        try:
            yield from self._items()
        except Invalid as error:
            self._error = error

    def first_wrong(self) -> int | None:
        """Return the place of the first signature that its key did not make, or None.

        Raises:
            Invalid: when a key is not known, and no signature before that is wrong.
        """
        answers = [_answer(process) for process in self._processes]
        if not answers or None in answers:
            # Few items, or somebody has ended a process: the work is done here.
            wrong = first_wrong(self._taken())
        else:
            found = [
                self._share * n + at for n, at in enumerate(answers) if at is not None and at >= 0
            ]
            wrong = min(found, default=None)
        if wrong is None and self._error is not None:
            raise self._error
        return wrong

    def __enter__(self) -> Self:
        """End the processes when it is left."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, whether their result was taken or not."""
        for process in self._processes:
            process.kill()
            process.wait()
            _open(process.stdout).close()


def _process(items: Iterable[SignedBytes]) -> subprocess.Popen[bytes]:
    """Start a process that checks items; it reads all of them before it begins."""
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", _NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with suppress(OSError), _open(process.stdin) as pipe:
        for key, signature, message, is_named in items:
            pipe.write(_HEAD.pack(key, signature, len(message), is_named) + message)
        pipe.write(_END)
    return process


def _answer(process: subprocess.Popen[bytes]) -> int | None:
    """Return the first wrong place, -1 for none, or None when the process did not end well."""
    answer = _open(process.stdout).read()
    return int(answer) if process.wait() == 0 and answer else None


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        msg = "a process was started without pipes"
        raise InvariantError(msg)
    return pipe


def _received(data: bytes) -> Iterator[SignedBytes]:
    at, end = 0, len(data) - len(_END)
    if data[end:] != _END:
        sys.exit("not all signatures arrived")
    while at < end:
        key, signature, size, is_named = _HEAD.unpack_from(data, at)
        at += _HEAD.size + size
        yield SignedBytes(key, signature, data[at - size : at], is_named)


def main() -> None:
    """Check what comes on the standard input; answer with the first wrong place, or -1."""
    wrong = first_wrong(_received(sys.stdin.buffer.read()))
    sys.stdout.write(str(-1 if wrong is None else wrong))


if __name__ == "__main__":
    main()
