"""Where the packs lie: beside this file, one `.toml` each."""

from functools import cache
from importlib.resources import files

from lineshaft.services.contracts.packs.model import Pack, read_pack

_ENDING = ".toml"


@cache
def packs() -> dict[str, Pack]:
    """Return every pack by its id, in the order of the ids."""
    found = {
        file.name.removesuffix(_ENDING): file.read_text(encoding="utf-8")
        for file in files(__package__).iterdir()
        if file.name.endswith(_ENDING)
    }
    return {id_: read_pack(id_, text) for id_, text in sorted(found.items())}
