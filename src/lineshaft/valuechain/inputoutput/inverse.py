"""The Leontief inverse: factored once, kept as a file that later questions map into memory."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from lineshaft.valuechain.inputoutput.errors import NotProductive
from lineshaft.valuechain.inputoutput.model import Matrix, Table, Tell, Vector, ratio
from lineshaft.valuechain.libraries import needed

PROBE_TOLERANCE = 1e-11
"""By which B (I - A) z may miss z of 1 to 2, for B to be taken as the inverse of a table."""
BLOCK_ROWS = 256
"""Blocks up to this size are inverted by LAPACK, larger ones by products of their quarters."""


def technical_coefficients(table: Table) -> Matrix:
    """Return A = Z diag(x)^-1; the column of an industry that makes nothing is zero."""
    return ratio(table.intermediate_use, table.gross_output[None, :])


def leontief_inverse(coefficients: Matrix) -> Matrix:
    """Return B = (I - A)^-1 (Miller & Blair 2009, equation 2.10).

    I - A of a table is an M-matrix, as are all its Schur complements, so it is inverted by quarters
    without pivoting between them: nearly all work is products of matrices. What that does not
    invert (cells below 0 allow it) LAPACK factors with pivoting.

    Raises:
        NotProductive: when there is no inverse.
    """
    system = np.eye(len(coefficients)) - coefficients
    try:
        _invert(system)
        if _missed(system, coefficients) <= PROBE_TOLERANCE:
            return system
    except np.linalg.LinAlgError:
        pass
    return _pivoted(coefficients)


def _missed(inverse: Matrix, coefficients: Matrix) -> float:
    """Return by how much B (I - A) misses a probe, in parts of it."""
    probe: Vector = np.linspace(1, 2, len(coefficients))
    return float(np.abs(inverse @ (probe - coefficients @ probe) - probe).max())


def _pivoted(coefficients: Matrix) -> Matrix:
    lapack = needed("scipy.linalg").lapack
    system = np.eye(len(coefficients)) - coefficients
    factors, pivots, info = lapack.dgetrf(system.T, overwrite_a=True)
    inverse, failed = lapack.dgetri(factors, pivots, lwork=64 * len(system), overwrite_lu=True)
    if info != 0 or failed != 0:
        msg = "the coefficients of the table have no inverse: expected industries that need less "
        msg += "than themselves to make themselves"
        raise NotProductive(msg)
    return np.ascontiguousarray(inverse.T)


def _invert(system: Matrix) -> None:
    """Invert in place by blocks: [[P, Q], [R, S]] with the Schur complement of P."""
    size = len(system)
    if size <= BLOCK_ROWS:
        system[:] = np.linalg.inv(system)
        return
    half = size // 2
    first, right = system[:half, :half], system[:half, half:]
    below, last = system[half:, :half], system[half:, half:]
    _invert(first)
    across = first @ right
    last -= below @ across
    _invert(last)
    down = below @ first
    np.matmul(last, down, out=below)
    np.matmul(across, last, out=right)
    first += across @ below
    np.negative(right, out=right)
    np.negative(below, out=below)


def cached_inverse(table: Table, directory: Path, tell: Tell) -> Matrix:
    """Return the inverse of a table from its file, which is made when it is not there.

    The file has the digest of the table as its name. It is written beside and renamed, so that
    whoever finds it finds all of it; one that does not invert the table is made anew.
    """
    path = directory / f"{table.digest}.npy"
    coefficients = technical_coefficients(table)
    found = _mapped(path, coefficients)
    if found is not None:
        return found
    tell("inverting", 0, 1)
    inverse = leontief_inverse(coefficients)
    directory.mkdir(parents=True, exist_ok=True)
    beside = directory / f"{table.digest}.{os.getpid()}.part"
    with beside.open("wb") as file:
        np.save(file, inverse)
    beside.replace(path)
    tell("inverting", 1, 1)
    return inverse


def _mapped(path: Path, coefficients: Matrix) -> Matrix | None:
    try:
        found: Any = np.load(path, mmap_mode="r")
    except (OSError, ValueError):
        return None
    size = len(coefficients)
    if found.shape != (size, size) or found.dtype != np.float64:
        return None
    return found if _missed(found, coefficients) <= PROBE_TOLERANCE else None
