"""Why some mistakes may survive: what they change is no difference, or none that is promised."""

import functools
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.mutation.verdicts import Score, Verdict

REASONS = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True)
class Reasons:
    """The reasons by the name of the mutant."""

    by_name: dict[str, str]

    def of(self, verdict: Verdict) -> str | None:
        """Return why a mutant may survive; None where nobody has said."""
        return self.by_name.get(verdict.name)


@functools.cache
def reasons(path: Path = REASONS) -> Reasons:
    """Read the reasons.

    Raises:
        ValueError: when one says nothing, or two are of the same mutant.
    """
    found: dict[str, str] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["survivor"]:
        name = f"{entry['where']}: {entry['change']}"
        if name in found or not entry["reason"].strip():
            msg = f"{path.name}: {name} is there twice or has no reason"
            raise ValueError(msg)
        found[name] = entry["reason"]
    return Reasons(found)


def survivors_written(verdicts: Iterable[Verdict], path: Path) -> list[Verdict]:
    """Write the score of each file with what survived there, and return what did."""
    by_path: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_path[verdict.path].append(verdict)
    lines, survivors = [], []
    for name, found in sorted(by_path.items()):
        lines.append(f"{name}: {Score.of(found)}")
        left = [each for each in found if not each.is_killed and each.result != "broken"]
        for each in sorted(left, key=lambda each: (each.line, each.name)):
            why = reasons().of(each)
            lines.append(
                f"  line {each.line} {each.result}: {each.name.split(':', 1)[1]}"
                + (f"  ({why})" if why else "")
            )
        survivors += left
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return survivors
