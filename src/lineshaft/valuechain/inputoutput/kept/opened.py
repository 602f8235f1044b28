"""Tables that are held in memory with their inverses: the ones asked for last."""

import threading
from collections import OrderedDict
from pathlib import Path

from lineshaft.valuechain.inputoutput.kept.model import KeptTable
from lineshaft.valuechain.inputoutput.kept.packing import read_table_file
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Tell

OPEN_BYTES_MAX = 1024 * 1024 * 1024
"""Of all tables in memory but the one asked for last: five of the size of ICIO. Inverses are mapped
from their files, and are the system's to keep."""
MATRICES = 2
"""Of n times n floats that a table takes: what is used, and the coefficients."""
INVERSES = "inverses"


class OpenTables:
    """Opens tables, and lets go of those that nobody has asked for the longest time."""

    def __init__(self, directory: Path) -> None:
        """Take the directory of the files."""
        self._directory = directory
        self._kernels: OrderedDict[str, tuple[Kernel, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def kernel(self, kept: KeptTable, tell: Tell) -> Kernel:
        """Return a table with its inverse, which is made at most once and kept as a file.

        Raises:
            TableDamaged: when the file is missing, or is another.
            NotProductive: when there is no inverse.
        """
        found = self._find(kept)
        if found is not None:
            return found
        with self._opening:
            found = self._find(kept)
            if found is None:
                table = read_table_file(table_file(self._directory, kept.sha256), kept)
                found = Kernel.of(table, self._directory / INVERSES, tell)
                self._hold(kept, found)
            return found

    def forget(self, kept: KeptTable) -> None:
        """Let go of a table."""
        with self._lock:
            self._kernels.pop(kept.sha256, None)

    def _find(self, kept: KeptTable) -> Kernel | None:
        with self._lock:
            if kept.sha256 not in self._kernels:
                return None
            self._kernels.move_to_end(kept.sha256)
            return self._kernels[kept.sha256][0]

    def _hold(self, kept: KeptTable, kernel: Kernel) -> None:
        taken = MATRICES * kernel.table.intermediate_use.nbytes + kernel.table.final_demand.nbytes
        with self._lock:
            self._kernels[kept.sha256] = (kernel, taken)
            while len(self._kernels) > 1 and self._held_bytes() > OPEN_BYTES_MAX:
                self._kernels.popitem(last=False)

    def _held_bytes(self) -> int:
        return sum(size for _, size in self._kernels.values())


def table_file(directory: Path, sha256: str) -> Path:
    """Return the path of a kept table."""
    return directory / f"{sha256}.table"


def inverse_file(directory: Path, digest: str) -> Path:
    """Return the path of the inverse of a kept table."""
    return directory / INVERSES / f"{digest}.npy"
