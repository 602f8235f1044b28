"""What is to be judged, what was, and the score."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.mutation.mutants import Mutant

SAY_EVERY_S = 30
KILLED = {"killed", "hung"}


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant.

    Attributes:
        identity: of the mutant.
        name: what a person says of it.
        result: `killed` and `hung` count as found; `survived`, `unreached` (no test comes to the
            line) do not; `broken`: no function took the change, it is not counted.
        by: the test that found it.
        tests: a hash of what the verdict rests on: the file of that test; without it, all tests
            that reach the mutant.
        path: of the source.
        line: of the statement in the source when it was judged.
    """

    identity: str
    name: str
    result: str
    path: str
    line: int
    tests: str
    by: str | None = None

    @property
    def is_killed(self) -> bool:
        """Whether a test has found the mistake."""
        return self.result in KILLED


def judged(mutant: Mutant, result: str, *, tests: str, by: str | None = None) -> Verdict:
    """Return the verdict on a mutant."""
    return Verdict(mutant.identity, mutant.name, result, mutant.path, mutant.span[0], tests, by=by)


@dataclass
class Plan:
    """The mutants of a run in their order, and the file that keeps each verdict at once.

    Attributes:
        mutants: in the order in which they are judged.
        results: one JSON object for each verdict ever; an earlier run may have left some.
        said: the same for the verdicts of this run, also those that were known.
        seconds_max: how long to go on, in s; the rest is for a later run.
    """

    mutants: list[Mutant]
    results: Path
    said: Path
    seconds_max: float | None = None
    known: dict[str, Verdict] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """Read what `write` wrote, and the verdicts of earlier runs."""
        content = json.loads(path.read_text(encoding="utf-8"))
        mutants = [Mutant(**each | {"span": tuple(each["span"])}) for each in content["mutants"]]
        results = Path(content["results"])
        known = {each.identity: each for each in verdicts_in(results)}
        return cls(mutants, results, Path(content["said"]), content["seconds_max"], known=known)

    def write(self, path: Path) -> None:
        """Write what is to be judged as JSON."""
        content = {
            "mutants": [asdict(mutant) for mutant in self.mutants],
            "results": str(self.results),
            "said": str(self.said),
            "seconds_max": self.seconds_max,
        }
        path.write_text(json.dumps(content), encoding="utf-8")

    def due(self) -> Iterator[Mutant]:
        """Yield the mutants until the time is over, and say from time to time how far it is."""
        started = said = time.monotonic()
        for number, mutant in enumerate(self.mutants):
            now = time.monotonic()
            if self.seconds_max is not None and now - started > self.seconds_max:
                self.say(f"the time is over after {number} of {len(self.mutants)}")
                return
            if number and now - said > SAY_EVERY_S:
                said = now
                left_min = (now - started) / number * (len(self.mutants) - number) / 60
                self.say(f"{number} of {len(self.mutants)}: {self.score}; {left_min:.0f} min left")
            yield mutant

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict at once."""
        self.verdicts.append(verdict)
        is_known = self.known.get(verdict.identity) == verdict
        for path in (self.said,) if is_known else (self.said, self.results):
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(verdict)) + "\n")

    @property
    def score(self) -> "Score":
        """The score so far."""
        return Score.of(self.verdicts)

    def say(self, text: str) -> None:
        """Print to the terminal, past the capture of the tests."""
        print(f"  {text}", file=sys.__stdout__, flush=True)


def verdicts_in(path: Path) -> list[Verdict]:
    """Read a file of verdicts; none when there is no file."""
    if not path.is_file():
        return []
    return [Verdict(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Score:
    """How many of how many mistakes were found."""

    killed: int
    counted: int

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> "Score":
        """Count; what is broken is no mutant."""
        results = Counter(verdict.result for verdict in verdicts)
        return cls(sum(results[each] for each in KILLED), results.total() - results["broken"])

    @property
    def percent(self) -> float:
        """The share that was found, in percent; 100 of none."""
        return 100 * self.killed / self.counted if self.counted else 100.0

    def __str__(self) -> str:
        return f"{self.killed} of {self.counted} killed, {self.percent:.1f} %"
