"""Judge mutants of some files: `python -m bench.mutation [part of a path …]`."""

import argparse
import sys
from pathlib import Path

from bench.mutation.reasons import survivors_written
from bench.mutation.run import SURVIVORS, judge


def main() -> int:
    """Judge what was asked for and show what survived."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutation", description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of paths such as metering/meters")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="so many of them, chosen by the seed")
    parser.add_argument("--seconds", type=float, help="the longest time of judging")
    parser.add_argument("--tests", nargs="*", type=Path, help="folders of tests")
    options = parser.parse_args()
    verdicts = judge(
        options.parts,
        seed=options.seed,
        count=options.count,
        seconds_max=options.seconds,
        tests=options.tests,
    )
    survivors_written(verdicts, SURVIVORS)
    print(SURVIVORS.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
