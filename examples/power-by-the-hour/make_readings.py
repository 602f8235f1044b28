"""Write the readings of three engines out of the data set FD001, which stands beside this file.

    python make_readings.py FILE.csv

The cycles and the temperature are of the data; the data set has no clock and no flight times, so
these are ours: two flights a day from 1 April 2025, the odd cycles of 41 minutes at 06:00 UTC, the
even ones of 80 minutes at 12:00 UTC. What is read begins on 31 May. An engine whose record ends has
failed: it is out of service.
"""

import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

FIRST_DAY = datetime(2025, 4, 1, tzinfo=UTC)
READ_FROM = datetime(2025, 5, 31, tzinfo=UTC)
LAST_DAY = datetime(2025, 7, 1, tzinfo=UTC)
ENGINES = (1, 3, 39)
DEPARTS = (timedelta(hours=6), timedelta(hours=12))
FLIES = (timedelta(minutes=41), timedelta(minutes=80))


def readings(engine: int, temperatures: list[str]) -> list[list[str]]:
    found = []
    flown = timedelta()
    for place, temperature in enumerate(temperatures):
        day = FIRST_DAY + timedelta(days=place // 2)
        if day > LAST_DAY:
            return found
        before, flown = flown, flown + FLIES[place % 2]
        if day < READ_FROM:
            continue
        departed = day + DEPARTS[place % 2]
        landed = departed + FLIES[place % 2]
        if not found:
            found.append([f"engine-{engine}/state", stamp(departed), "SERVICEABLE"])
        found.append([f"engine-{engine}/flight_time", stamp(departed), seconds(before)])
        found += [
            [f"engine-{engine}/flight_time", stamp(landed), seconds(flown)],
            [f"engine-{engine}/cycles", stamp(landed), str(place + 1)],
            [f"engine-{engine}/turbine_outlet", stamp(landed), temperature],
        ]
    found.append([f"engine-{engine}/state", stamp(landed), "FAILED"])
    # What stands still still says so: the counter is read on the first of the month after.
    found.append([f"engine-{engine}/flight_time", stamp(LAST_DAY), seconds(flown)])
    return found


def stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def seconds(time: timedelta) -> str:
    return str(int(time.total_seconds()))


def main() -> None:
    table = pq.read_table(Path(__file__).with_name("FD001.parquet"))
    of_engine: dict[int, list[str]] = {engine: [] for engine in ENGINES}
    for unit, temperature in zip(
        *(table[name].to_pylist() for name in ("unit", "s4")), strict=True
    ):
        if unit in of_engine:
            of_engine[unit].append(str(temperature))
    rows = [row for engine in ENGINES for row in readings(engine, of_engine[engine])]
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["signal", "ts", "value"], *rows])


if __name__ == "__main__":
    main()
