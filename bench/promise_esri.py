"""Systemic risk of all firms of a network: each of 1,000 and of 5,000 fails once.

A firm has ten suppliers on average, with log-normal values; there are 50 sectors, half of the
inputs from one sector to another are essential, and whoever is left of the same sector replaces
who fails. The loop is compiled before, and how long that takes is said beside. Each network is
computed with one thread and with two, and the bytes must be equal; the figure is the faster one.
"""

import sys
import time

import numpy as np

from bench.records import Promise
from lineshaft.valuechain.supplynetwork.esri import FirmNetwork, systemic_risk

NAMES = ("esri_1000", "esri_5000")
LIMITS_S = {1_000: 1.0, 5_000: 20.0}
SECTORS = 50
DEGREE = 10
SIGMA = 1.0
SEED = 20_261_122
EPS = 1e-2


def network(firms: int) -> FirmNetwork:
    """Return a seeded network."""
    rng = np.random.default_rng(SEED + firms)
    sectors = rng.integers(0, SECTORS, firms)
    pairs = rng.integers(0, firms, (firms * DEGREE, 2))
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return FirmNetwork(
        sectors=sectors,
        suppliers=pairs[:, 0].copy(),
        customers=pairs[:, 1].copy(),
        values=rng.lognormal(0.0, SIGMA, len(pairs)),
        kinds=rng.integers(1, 3, (SECTORS, SECTORS)).astype(np.int8),
        markets=sectors,
        weights=np.zeros(0),
    )


def measure() -> list[Promise]:
    """Compile, then compute each network on one thread and on two."""
    started = time.perf_counter()
    systemic_risk(network(20), eps=EPS)
    print(f"compiled or loaded in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    found = []
    for firms, limit_s in LIMITS_S.items():
        given = network(firms)
        elapsed_s, results = [], []
        for threads in (1, 2):
            started = time.perf_counter()
            results.append(systemic_risk(given, eps=EPS, threads=threads))
            elapsed_s.append(time.perf_counter() - started)
        assert results[0].tobytes() == results[1].tobytes(), "the threads change the result"
        assert ((results[0] > 0) & (results[0] <= 1)).all()
        found.append(Promise.at_most(f"esri_{firms}", min(elapsed_s), "s", limit_s))
    return found
