"""Which tables a version of the supply network may have, and how they are checked as a whole."""

from functools import partial
from pathlib import Path

from lineshaft.valuechain.supplynetwork.dependencies import DEPENDENCIES, read_dependencies
from lineshaft.valuechain.supplynetwork.reading import read_beside, read_network
from lineshaft.valuechain.supplynetwork.schema import CURES, GUARANTEES, TABLES
from lineshaft.valuechain.supplynetwork.versions.errors import NetworkTooLarge
from lineshaft.valuechain.tables.errors import Problem, TablesInvalid
from lineshaft.valuechain.tables.service import Shown, no_progress, read_tables
from lineshaft.valuechain.versions.model import Packed
from lineshaft.valuechain.versions.service import Packing

ALL_TABLES = (*TABLES, CURES, GUARANTEES, DEPENDENCIES)
PACKING = Packing("supply network", "lineshaft-supply-network/1", ALL_TABLES, NetworkTooLarge)


def packed(source: Path, show: Shown = no_progress) -> Packed:
    """Check files as a whole, and return them as they are kept.

    Raises:
        TablesInvalid: with all that is wrong, in one go.
        NetworkTooLarge: for more than a version may have.
    """
    check(source, show)
    content, rows = PACKING.content_of(source)
    return Packed(content, rows, str(read_network(source).as_of or ""))


def check(source: Path, show: Shown = no_progress) -> None:
    """Pass files that make a network, with cures and guarantees that fit to it.

    Raises:
        TablesInvalid: with all that is wrong, in one go.
    """
    found: dict[Problem, None] = {}
    try:
        read_tables(source, ALL_TABLES, show).rows()
    except TablesInvalid as error:
        found |= dict.fromkeys(error.problems)
    try:
        network = read_network(source)
    except TablesInvalid as error:
        raise TablesInvalid([*found, *(p for p in error.problems if p not in found)]) from error
    for beside in (
        partial(read_beside, source, CURES),
        partial(read_beside, source, GUARANTEES),
        partial(read_dependencies, source, is_required=False),
    ):
        try:
            beside(network)
        except TablesInvalid as error:
            found |= dict.fromkeys(error.problems)
    if found:
        raise TablesInvalid(list(found))
