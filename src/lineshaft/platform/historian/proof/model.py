"""What a repair has done: pure."""

import msgspec

from lineshaft.core.period import Period
from lineshaft.core.reading import SignalId


class LostPart(msgspec.Struct, frozen=True):
    """Records of a signal that stand in a damaged store file and nowhere else."""

    signal: SignalId
    period: Period
    records: int


class UnrepairedFile(msgspec.Struct, frozen=True):
    """A damaged store file for which nothing was found to make it from again."""

    path: str
    why: str
    parts: tuple[LostPart, ...]


class RepairReport(msgspec.Struct, frozen=True):
    """What a repair has found and done.

    Attributes:
        files: how many store files were looked at.
        restored: damaged files that were taken from a backup, to the byte.
        rebuilt: those that were made again from other files with the same records.
        described: files of which the manifest had said something wrong.
        indexed: corrections and refusals that were put into their index or taken out of it.
        latest: last values that were wrong.
        summed: roll-ups that were not what their rows amount to.
        orphans: files that no manifest names, removed.
        unrepaired: what is still damaged: every question that needs it is refused.
        given_up: whether those were given up, and their records written down as lost.
    """

    files: int
    restored: tuple[str, ...]
    rebuilt: tuple[str, ...]
    described: tuple[str, ...]
    indexed: int
    latest: int
    summed: int
    orphans: tuple[str, ...]
    unrepaired: tuple[UnrepairedFile, ...]
    given_up: bool

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged any more."""
        return not self.unrepaired
