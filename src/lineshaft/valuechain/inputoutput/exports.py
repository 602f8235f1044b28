"""Value added in exports, of every country at once, from the one inverse of the table.

The view of the exporter s splits by the inverse of the table without the exports of s to other
producers, B^(-s). That is a change of the rows of s, so no second inverse is needed: with the
change R of these rows, Woodbury's identity gives B^(-s)[:, s] = B[:, s] (I + R B[:, s])^-1, and
since A B = B - I, R B[:, s] = B_ss - I - A_ss B_ss. Hence B^(-s)[:, s] = B[:, s] B_ss^-1 L_ss with
L_ss = (I - A_ss)^-1: per exporter two systems of the size of one country.
"""

import msgspec
import numpy as np

from lineshaft.valuechain.inputoutput.model import Matrix, Places, Table, Vector


class Exports(msgspec.Struct, frozen=True, eq=False):
    """The parts of gross exports, each by row, in the table's unit.

    The first eight are by exporting industry; the last two by the industry where value is added.

    Attributes:
        gross: EXGR.
        domestic_content: DC = v_s B_ss E_s.
        foreign_content: FC = sum over t != s of v_t B_ts E_s.
        domestic_value_added: DVA = v_s L_ss E_s.
        foreign_value_added: FVA = sum over t != s of v_t B^(-s)_ts E_s.
        directly_absorbed: DAVAX = v_s L_ss (Y_s,abroad + sum over r of A_sr L_rr Y_rr).
        wwz_foreign_value_added: sum over t != s of v_t B_ts (the same vector as in DAVAX).
        services_domestic, services_foreign: value added by services at home and abroad in one
            unit of final use of the row, from v and B.
        absorbed_abroad: VAX, from v_s B_s Y.
        in_exports_of_others: sum over r != s of v_s B_sr E_r.
    """

    gross: Vector
    domestic_content: Vector
    foreign_content: Vector
    domestic_value_added: Vector
    foreign_value_added: Vector
    directly_absorbed: Vector
    wwz_foreign_value_added: Vector
    services_domestic: Vector
    services_foreign: Vector
    absorbed_abroad: Vector
    in_exports_of_others: Vector


class _Whole(msgspec.Struct, frozen=True, eq=False):
    """What all exporters need, each one pass over a matrix."""

    coefficients: Matrix
    inverse: Matrix
    value_added: Vector
    is_service: Vector
    exports: Vector
    demand: Matrix
    content: Vector
    services: Vector
    final: Vector
    sold: Vector
    direct: Vector


def exports_of(table: Table, coefficients: Matrix, inverse: Matrix, value_added: Vector) -> Exports:
    """Decompose the exports of every country (Borin & Mancini 2019, exporter view, source based).

    Also Koopman, Wang & Wei 2010 and Wang, Wei & Zhu 2013, whose parts are sums over the same.
    """
    is_service = table.is_of(table.services).astype(np.float64)
    demand = table.demand_by_country
    weights = np.stack([value_added, value_added * is_service])
    content, services = weights @ inverse
    targets = np.stack([demand.sum(axis=1), table.exports], axis=1)
    final, sold = (inverse @ targets).T
    whole = _Whole(
        coefficients,
        inverse,
        value_added,
        is_service,
        table.exports,
        demand,
        content,
        services,
        final,
        sold,
        _direct(table, coefficients),
    )
    names = Exports.__struct_fields__
    found = {name: np.zeros(len(value_added)) for name in names}
    for country, rows in enumerate(table.rows_of_country):
        for name, values in _of_country(whole, country, rows).items():
            found[name][rows] = values
    return Exports(**found)


def _direct(table: Table, coefficients: Matrix) -> Vector:
    """Return Y_s,abroad + sum over r != s of A_sr L_rr Y_rr: what is absorbed by who imports it."""
    made = np.zeros(len(coefficients))
    found = table.demand_by_country.sum(axis=1)
    for country, rows in enumerate(table.rows_of_country):
        own = table.demand_by_country[rows, country]
        system = np.eye(len(rows)) - coefficients[np.ix_(rows, rows)]
        made[rows] = np.linalg.solve(system, own)
        found[rows] -= own + coefficients[np.ix_(rows, rows)] @ made[rows]
    return np.asarray(found + coefficients @ made)


def _of_country(whole: _Whole, country: int, rows: Places) -> dict[str, Vector]:
    exports, value_added = whole.exports[rows], whole.value_added[rows]
    block = np.asarray(whole.inverse[np.ix_(rows, rows)])
    system = np.eye(len(rows)) - whole.coefficients[np.ix_(rows, rows)]
    domestic = value_added @ block
    foreign = whole.content[rows] - domestic
    at_home = np.linalg.solve(system.T, value_added)
    # v_t B^(-s)_ts, summed over t != s: the row vector `foreign` times B_ss^-1 L_ss
    outside = np.linalg.solve(system.T, np.linalg.solve(block.T, foreign))
    services = (value_added * whole.is_service[rows]) @ block
    own_demand = np.asarray(whole.inverse[rows] @ whole.demand[:, country])
    direct = whole.direct[rows]
    return {
        "gross": exports,
        "domestic_content": domestic * exports,
        "foreign_content": foreign * exports,
        "domestic_value_added": at_home * exports,
        "foreign_value_added": outside * exports,
        "directly_absorbed": at_home * direct,
        "wwz_foreign_value_added": foreign * direct,
        "services_domestic": services,
        "services_foreign": whole.services[rows] - services,
        "absorbed_abroad": value_added * (whole.final[rows] - own_demand),
        "in_exports_of_others": value_added * (whole.sold[rows] - block @ exports),
    }
