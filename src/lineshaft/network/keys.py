"""The private key and the salt secret of a source: made once, in a file that only its user reads.

A new epoch gets a new salt secret, so that a salt that a bundle of one epoch discloses says nothing
about another. The new one stands beside the old until the hub has given the epoch.
"""

import contextlib
import os
import secrets
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.reading import SourceId
from lineshaft.core.segment.header import sign
from lineshaft.core.segment.merkle import SALT_SECRET_BYTES
from lineshaft.infrastructure.files import fsync_dir, make_dir, write_durably
from lineshaft.network.errors import KeyFileDamaged

_PRIVATE_MODE = 0o600
_PRIVATE_DIRECTORY_MODE = 0o700
_KEY_BYTES = 32


class SigningKeys(msgspec.Struct, frozen=True):
    """What a source signs and salts with.

    Attributes:
        private_key: Ed25519.
        salt_secret: 32 bytes of the present epoch.
        next_salt_secret: 32 bytes of the epoch that was asked for; empty where none was.
    """

    private_key: Ed25519PrivateKey
    salt_secret: bytes
    next_salt_secret: bytes = b""

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "SigningKeys(…)"

    def request(self, source: SourceId) -> EnrolRequest:
        """Return the request to be let in; with a next salt secret, for a new epoch."""
        salt = self.next_salt_secret or self.salt_secret
        return EnrolRequest(
            source=source,
            public_key=self.private_key.public_key().public_bytes_raw().hex(),
            salt_secret=salt.hex(),
            proof=sign(enrol_proof(source, salt), self.private_key).hex(),
            is_new_epoch_wanted=bool(self.next_salt_secret),
        )

    def wanting_epoch(self) -> "SigningKeys":
        """Return the keys with a salt secret for the next epoch."""
        if self.next_salt_secret:
            return self
        return replace(self, next_salt_secret=secrets.token_bytes(SALT_SECRET_BYTES))

    def in_next_epoch(self) -> "SigningKeys":
        """Return the keys of the epoch that was asked for."""
        salt = self.next_salt_secret or self.salt_secret
        return SigningKeys(self.private_key, salt)


def load_or_create_keys(path: Path) -> SigningKeys:
    """Read the key file of a source, or make it; of several processes that make it, one wins.

    Raises:
        KeyFileDamaged: when the file is there and is no key file.
    """
    try:
        if not path.exists():
            _create(path)
        return _decode(path.read_bytes())
    except (Invalid, KeyError, TypeError, AttributeError) as error:
        msg = f"cannot read the key file {path}: expected what a source has written there"
        raise KeyFileDamaged(msg) from error


def _create(path: Path) -> None:
    make_dir(path.parent, mode=_PRIVATE_DIRECTORY_MODE)
    keys = SigningKeys(Ed25519PrivateKey.generate(), secrets.token_bytes(SALT_SECRET_BYTES))
    candidate = path.with_name(f".{path.name}.{os.getpid()}")
    save_keys(candidate, keys)
    with contextlib.suppress(FileExistsError):  # the hub on this machine may ask for it as well
        path.hardlink_to(candidate)
    candidate.unlink()
    fsync_dir(path.parent)


def save_keys(path: Path, keys: SigningKeys) -> None:
    """Write the key file, whole or not at all, readable by this user only."""
    content = {
        "next_salt_secret": keys.next_salt_secret.hex(),
        "private_key": keys.private_key.private_bytes_raw().hex(),
        "salt_secret": keys.salt_secret.hex(),
    }
    write_durably(path, canonical.encode(content), mode=_PRIVATE_MODE)


def _decode(data: bytes) -> SigningKeys:
    content = canonical.decode(data)
    following = content["next_salt_secret"]
    return SigningKeys(
        Ed25519PrivateKey.from_private_bytes(
            canonical.decode_hex(content["private_key"], _KEY_BYTES)
        ),
        canonical.decode_hex(content["salt_secret"], SALT_SECRET_BYTES),
        canonical.decode_hex(following, SALT_SECRET_BYTES) if following else b"",
    )
