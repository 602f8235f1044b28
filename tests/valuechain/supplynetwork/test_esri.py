"""Systemic risk: published numbers, the equations iterated plainly, threads, thin data."""

import csv
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import force_setattr
from typer.testing import CliRunner

from bench.promise_esri import network as bench_network
from lineshaft.cli.main import app
from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.supplynetwork import esri
from lineshaft.valuechain.supplynetwork.esri import FirmNetwork, check_coverage, systemic_risk

# The loop is compiled once for each state of its source.
pytestmark = pytest.mark.timeout(120)
NONE = np.zeros(0, np.int64)


def firms_of(folder: Path, name: str, kind: int) -> FirmNetwork:
    with (folder / f"firms_{name}_edges.csv").open(newline="") as file:
        edges = [
            (int(row["supplier"]) - 1, int(row["customer"]) - 1) for row in csv.DictReader(file)
        ]
    with (folder / f"firms_{name}_sectors.csv").open(newline="") as file:
        sectors = np.array([int(row["sector"]) - 1 for row in csv.DictReader(file)])
    suppliers, customers = np.array(edges).T
    kinds = np.full((5, 5), kind, np.int8)
    values = np.ones(len(edges))
    return FirmNetwork(sectors, suppliers, customers, values, kinds, NONE, np.zeros(0))


def with_largest_strength(network: FirmNetwork) -> FirmNetwork:
    firms = len(network.sectors)
    strength = np.maximum(
        np.bincount(network.suppliers, network.values, firms),
        np.bincount(network.customers, network.values, firms),
    )
    return FirmNetwork(
        network.sectors,
        network.suppliers,
        network.customers,
        network.values,
        network.kinds,
        network.markets,
        strength / strength.sum(),
    )


GOLDEN = {
    ("a2", 1, False): ".1 .366667 .266667 .35 .1 .166667 .7 .1 .366667 .266667 .45",
    ("a2", 1, True): ".1 .3 .266667 .35 .1 .116667 .7 .1 .311111 .266667 .45",
    ("a3", 1, False): ".277778 .277778 .166667 .333333 .166667 .333333 .333333 .222222 .111111 "
    ".166667 .277778",
    ("a3", 2, False): ".277778 .277778 .222222 .416667 .194444 .444444 .388889 .333333 .166667 "
    ".166667 .277778",
}


@pytest.mark.parametrize(("case", "expected"), GOLDEN.items())
def test_published_numbers_to_the_printed_digit(
    case: tuple[str, int, bool], expected: str, shared_data: Path
) -> None:
    """The note's section 3.6; the eps of 1e-2 belongs to the case with markets."""
    name, kind, has_markets = case
    network = firms_of(shared_data / "gvc_small", name, kind)
    if name == "a3":
        network = with_largest_strength(network)
    if has_markets:
        force_setattr(network, "markets", network.sectors)
    found = systemic_risk(network, eps=1e-2 if has_markets else 1e-10)
    assert [f"{value:.6f}" for value in found] == [f"{float(x):.6f}" for x in expected.split()]


def plainly(network: FirmNetwork, eps: float) -> list[float]:
    """Iterate the equations as they are printed, all firms in every iteration."""
    firms = len(network.sectors)
    sold = np.zeros((firms, firms))
    np.add.at(sold, (network.suppliers, network.customers), network.values)
    sales = sold.sum(axis=1)
    kind = network.kinds[network.sectors][:, network.sectors]
    by_sector = np.zeros((len(network.kinds), firms))
    np.add.at(by_sector, network.sectors, sold)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(kind == 2, sold / by_sector[network.sectors], sold / sold.sum(axis=0))
        up_part = sold / sales[:, None]
    part, up_part = (np.nan_to_num(each * (sold > 0)) for each in (part * (kind > 0), up_part))
    found = []
    for failed in range(firms):
        psi = np.zeros(firms)
        psi[failed] = 1.0
        down, up = psi.copy(), psi.copy()
        while True:
            left = np.bincount(network.markets, (1 - down) * sales)[network.markets]
            with np.errstate(divide="ignore", invalid="ignore"):
                replaced = np.where(left > 0, np.minimum(1, sales / left), 1.0)
            lost = (replaced * down)[:, None] * part
            losses = [psi, (lost * (kind == 1)).sum(axis=0)]
            losses += [
                (lost * (kind == 2))[network.sectors == sector].sum(axis=0)
                for sector in np.unique(network.sectors)
            ]
            new_down = np.minimum(1, np.max(losses, axis=0))
            new_up = np.minimum(1, np.maximum(psi, up_part @ up))
            change = max(abs(new_down - down).max(), abs(new_up - up).max())
            down, up = new_down, new_up
            if change <= eps:
                break
        found.append(float((np.maximum(down, up) * sales / sales.sum()).sum()))
    return found


def test_events_give_what_plain_iteration_gives_on_any_number_of_threads() -> None:
    network = bench_network(20)
    kinds = np.random.default_rng(7).integers(0, 3, network.kinds.shape).astype(np.int8)
    force_setattr(network, "kinds", kinds)
    force_setattr(network, "sectors", network.sectors % 5)
    force_setattr(network, "markets", network.sectors)
    # eps away from any change of this network, as it decides how often is iterated
    expected = plainly(network, 1.234e-3)
    found = systemic_risk(network, eps=1.234e-3)
    assert np.allclose(found, expected, rtol=0, atol=1e-12)
    assert systemic_risk(network, eps=1.234e-3, threads=2).tobytes() == found.tobytes()


def test_too_little_known_is_refused() -> None:
    assert check_coverage(Fraction(60), Fraction(100)) == Fraction(3, 5)
    with pytest.raises(TooThin, match=r"59\.9% of the purchases"):
        check_coverage(Fraction(599, 10), Fraction(100))
    with pytest.raises(TooThin, match=r"0\.0%"):
        check_coverage(Fraction(0), Fraction(0))


def test_networks_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = np.array([0])
    with pytest.raises(Invalid, match="between its firms"):
        FirmNetwork(one, one, one + 1, np.ones(1), np.ones((1, 1), np.int8), NONE, np.zeros(0))
    monkeypatch.setattr(esri, "FIRMS_MAX", 0)
    with pytest.raises(Invalid, match="1 firms and 0 supplies: expected at most 0"):
        FirmNetwork(one, NONE, NONE, np.zeros(0), np.ones((1, 1), np.int8), NONE, np.zeros(0))


def test_the_command_ranks_firms(tmp_path: Path) -> None:
    names = [f"f{number:02}" for number in range(30)]
    ring = zip(names, names[1:] + names[:1], strict=True)
    firms = "firm,sector,purchases\n" + "".join(f"{name},{name[2]},10\n" for name in names)
    supplies = "supplier,customer,value\n" + "".join(f"{a},{b},7\n" for a, b in ring)
    (tmp_path / "firms.csv").write_text(firms)
    (tmp_path / "supplies.csv").write_text(supplies)
    (tmp_path / "inputs.csv").write_text("from_sector,to_sector,kind\n0,1,essential\n")
    written = CliRunner().invoke(app, ["valuechain", "systemic", str(tmp_path), "--json"])
    found = json.loads(written.output)
    assert found["coverage"] == "7/10"
    assert len(found["systemic_risk"]) == 30
    shown = CliRunner().invoke(app, ["valuechain", "systemic", str(tmp_path), "--top", "1"])
    assert "coverage of purchases 70.0%" in shown.output
    (tmp_path / "firms.csv").write_text(firms.replace(",10", ",20"))
    refused = CliRunner().invoke(app, ["valuechain", "systemic", str(tmp_path)])
    assert (refused.exit_code, "35.0% of the purchases" in refused.output) == (8, True)
    (tmp_path / "firms.csv").write_text(firms.rpartition("f29")[0])
    (tmp_path / "supplies.csv").write_text(supplies.rpartition("f28,f29")[0])
    refused = CliRunner().invoke(app, ["valuechain", "systemic", str(tmp_path)])
    assert "29 firms: expected at least 30" in refused.output
