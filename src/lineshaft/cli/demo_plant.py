"""The parts of the demo that the crash tests share: machine, plant, progress, invoice."""

import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lineshaft.core.period import Period
from lineshaft.infrastructure.files import make_dir
from lineshaft.security.authorisation.model import LOCAL_OPERATOR

if TYPE_CHECKING:
    from lineshaft.bootstrap.application import Application
    from lineshaft.services.billing.model import IssuedDocument

CONTRACT = "riverside-milling"
DAY = ("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")
_DECLARED_PORT = "port = 7878"
_DECLARED_LIVE = "live = false"


def replayer_command(port_file: Path, speed: str, hold: int) -> list[str]:
    """Return the command that plays the machine.

    Args:
        port_file: gets the TCP port that it listens on.
        speed: how many times as fast as the real day, or `max`.
        hold: most lines ahead of the edge's disk.
    """
    from lineshaft.network.connectors.service import sample_day

    command = [sys.executable, "-m", "lineshaft.network.connectors.mtconnect.replay"]
    command += [str(sample_day()[0]), "--port", "0", "--port-file", str(port_file)]
    return [*command, "--speed", speed, "--hold", str(hold)]


def prepare_plant(
    application: "Application", directory: Path, port: int, *, is_live: bool = False
) -> None:
    """Write the demo's plant files and apply them.

    Args:
        application: the use cases.
        directory: of the plant files.
        port: where the replayer listens.
        is_live: whether the machine speaks of the present and waits for nobody.
    """
    from lineshaft.network.connectors.service import sample_day

    make_dir(directory)
    shutil.copyfile(sample_day()[1], directory / "Devices.xml")
    plant = files("lineshaft.plant").joinpath("demo", "plant.toml").read_text(encoding="utf-8")
    plant = plant.replace(_DECLARED_PORT, f"port = {port}\nhold = {str(not is_live).lower()}")
    plant = plant.replace(_DECLARED_LIVE, f"live = {str(is_live).lower()}")
    (directory / "plant.toml").write_text(plant, encoding="utf-8")
    application.plant.apply(LOCAL_OPERATOR, directory)


def observations_stored(application: "Application", lines: int) -> int:
    """Return how many observations the historian has, at most `lines`.

    The marks are read first, as that costs nothing. They count the edge's own records too, such as
    the hourly counts, so the last word have the rows.
    """
    marks = application.historian.marks(LOCAL_OPERATOR)
    records = sum(mark.sequence for mark in marks.values())
    if records < lines:
        return records
    totals = application.historian.totals(LOCAL_OPERATOR)
    return min(totals.readings + totals.refusals, lines)


def issue_invoice(application: "Application", directory: Path) -> "IssuedDocument":
    """Issue the invoice for the day and write everything that a customer gets into a directory."""
    from lineshaft.cli.invoice import write_files

    issued = application.billing.issue(LOCAL_OPERATOR, CONTRACT, Period.parse(*DAY))
    write_files(application, issued.number, directory)
    return issued
