"""Versions of the supply network that are held in memory: the ones asked for last."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lineshaft.valuechain.supplynetwork.cures import Cure
from lineshaft.valuechain.supplynetwork.dependencies import GuaranteeDependency, read_dependencies
from lineshaft.valuechain.supplynetwork.guarantees import Promises
from lineshaft.valuechain.supplynetwork.model import SupplyNetwork
from lineshaft.valuechain.supplynetwork.reading import read_beside, read_network
from lineshaft.valuechain.supplynetwork.register import Dependency, single_sources
from lineshaft.valuechain.supplynetwork.schema import CURES, GUARANTEES
from lineshaft.valuechain.versions.model import KeptVersion

OPEN_BYTES_MAX = 16 * 1024 * 1024
"""Of the canonical content of all versions in memory but the one asked for last; what is made of it
takes about ten times as much."""


class OpenNetwork(msgspec.Struct, frozen=True):
    """A version with everything that its tables say.

    Attributes:
        single_sources: its register, as the files say it.
        promises: what the table `guarantees` says, with the hash of `dependencies`, too.
        links: the rows of the table `dependencies`.
        cures: what can be done, and the hash of the file that says so by its name.
    """

    network: SupplyNetwork
    single_sources: Sequence[Dependency]
    promises: Promises
    links: Sequence[GuaranteeDependency]
    cures: tuple[Sequence[Cure], Mapping[str, str]]

    @classmethod
    def read(cls, source: Path) -> "OpenNetwork":
        """Read the files of a version.

        Raises:
            TablesInvalid: for files that make no network.
        """
        network = read_network(source)
        links, hashes = read_dependencies(source, network, is_required=False)
        exposures, inputs = read_beside(source, GUARANTEES, network)
        return cls(
            network,
            single_sources(network),
            Promises(exposures, inputs | hashes),
            links,
            read_beside(source, CURES, network),
        )

    @property
    def contracts(self) -> list[str]:
        """The ids of all contracts that the tables name, in order."""
        named = {each.contract for each in self.promises.exposures}
        return sorted(named | {each.contract for each in self.links})


class OpenNetworks:
    """Remembers versions, which never change, and lets go of those not asked for the longest."""

    def __init__(self) -> None:
        """Begin with none."""
        self._open: OrderedDict[int, tuple[OpenNetwork, int]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, version: KeptVersion) -> OpenNetwork | None:
        """Return a version that is in memory."""
        with self._lock:
            if version.version not in self._open:
                return None
            self._open.move_to_end(version.version)
            return self._open[version.version][0]

    def hold(self, version: KeptVersion, network: OpenNetwork) -> None:
        """Remember a version as the one asked for last."""
        with self._lock:
            self._open[version.version] = network, version.size_bytes
            self._open.move_to_end(version.version)
            while len(self._open) > 1 and self._older_bytes() > OPEN_BYTES_MAX:
                self._open.popitem(last=False)

    def _older_bytes(self) -> int:
        return sum(size for _, size in list(self._open.values())[:-1])
