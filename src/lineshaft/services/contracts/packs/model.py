"""A pack: an offering that is ready but for its own id, name, prices and signals. Pure."""

import tomllib
from typing import Any

from lineshaft.core.errors import InvariantError
from lineshaft.services.contracts.content import Frozen, TermsInvalid, from_content
from lineshaft.services.contracts.model import LocalText, Offering


class Pack(Frozen, frozen=True):
    """A template of an offering.

    Attributes:
        id: the name of its file.
        about: what it sells and what it needs of a machine, in a sentence or two.
        offering: version 1 under the id of the pack; every value of it can be changed.
    """

    id: str
    about: LocalText
    offering: Offering

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content."""
        return {
            "id": self.id,
            "about": self.about.to_content(),
            "offering": self.offering.to_content(),
        }


def read_pack(id_: str, text: str) -> Pack:
    """Read the file of a pack; numbers stay as they are written, digit for digit.

    Raises:
        InvariantError: when it cannot be read: a pack ships with the product.
    """
    try:
        content = tomllib.loads(text, parse_float=str)
        named = {"id": id_, "version": 1} | content.pop("offering")
        return from_content({"id": id_, "offering": named} | content, Pack)
    except (tomllib.TOMLDecodeError, KeyError, TermsInvalid) as error:
        msg = f"the pack {id_} cannot be read: {error}"
        raise InvariantError(msg) from error
