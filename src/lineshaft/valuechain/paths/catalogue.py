"""Read the records that the package ships: TOML files beside this one."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from lineshaft.core.errors import InvariantError
from lineshaft.valuechain.paths.model import (
    AXES,
    CONFIDENCES,
    LINKS,
    PAPERS,
    PATHS,
    TYPES,
    ActorLink,
    Correction,
    Evidence,
    PathCatalogue,
    PathRecord,
    Text,
)

_PAPER = "ma-zhen"
"""Of records and links that have a section of a paper."""


@cache
def catalogue() -> PathCatalogue:
    """Return the catalogue.

    Raises:
        InvariantError: when a file of the package contradicts itself.
    """
    found = {path: _file(path) for path in PATHS}
    read = PathCatalogue(
        records=tuple(_record(path, row) for path in PATHS for row in found[path]["record"]),
        links=tuple(_link(row) for path in PATHS for row in found[path]["link"]),
        corrections=tuple(_correction(row) for row in _file("corrections")["correction"]),
        words={
            kind: {key: Text(**text) for key, text in rows.items()}
            for kind, rows in _file("words").items()
        },
    )
    wrong = problems(read)
    if wrong:
        msg = "the national paths contradict themselves: " + "; ".join(wrong)
        raise InvariantError(msg)
    return read


def problems(read: PathCatalogue) -> list[str]:
    """Say what does not hang together: ids, names that nothing has, sources, sums."""
    ids = [each.id for each in read.records]
    fixed = {each.id for each in read.corrections}
    found = [f"{each} twice" for each in sorted({one for one in ids if ids.count(one) > 1})]
    for record in read.records:
        found += _record_problems(record)
    for link in read.links:
        missing = {link.source, link.target} - set(ids) | {link.contradicted_by} - fixed - {""}
        found += [f"link to {each}, which is not there" for each in sorted(missing)]
        found += [] if link.kind in LINKS else [f"link of kind {link.kind}"]
        found += _unsourced(f"link {link.source} to {link.target}", link.evidence)
    for correction in read.corrections:
        if correction.record and correction.record not in ids:
            found.append(f"correction of {correction.record}, which is not there")
        if not correction.sources or correction.evidence.paper not in PAPERS:
            found.append(f"correction {correction.id} without both sources")
        if not correction.evidence.translated:
            found.append(f"correction {correction.id} without its quote in English")
    return found


def _record_problems(record: PathRecord) -> list[str]:
    found = _unsourced(record.id, record.evidence)
    if record.axis not in AXES or record.confidence not in CONFIDENCES:
        found.append(f"{record.id}: {record.axis}, {record.confidence}")
    if record.type not in (TYPES if record.axis == "actor" else ("",)):
        found.append(f"{record.id}: a type is of an actor")
    if record.parts and sum(record.parts) != record.total:
        found.append(f"{record.id}: {record.parts} do not add up to {record.total}")
    return found


def _unsourced(of: str, evidence: Evidence) -> list[str]:
    is_quoted = evidence.paper in PAPERS and evidence.section > 0 and evidence.quote
    return [] if is_quoted or evidence.external else [f"{of} without a source"]


def _file(name: str) -> dict[str, Any]:
    text = files("lineshaft.valuechain.paths").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _evidence(row: dict[str, Any]) -> Evidence:
    section = row.pop("section", 0)
    return Evidence(
        paper=row.pop("paper", _PAPER if section else ""),
        section=section,
        quote=row.pop("quote", ""),
        cited=row.pop("cited", ""),
        external=row.pop("external", ""),
        translated=row.pop("translated", ""),
    )


def _record(path: str, row: dict[str, Any]) -> PathRecord:
    row = dict(row)
    return PathRecord(
        path=path,
        evidence=_evidence(row),
        name=Text(**row.pop("name")),
        role=Text(**row.pop("role")),
        years=tuple(row.pop("years", ())),
        parts=tuple(row.pop("parts", ())),
        **row,
    )


def _link(row: dict[str, Any]) -> ActorLink:
    row = dict(row)
    evidence = _evidence(row)
    return ActorLink(row.pop("from"), row.pop("to"), evidence=evidence, **row)


def _correction(row: dict[str, Any]) -> Correction:
    row = dict(row)
    return Correction(
        record=row.pop("record", ""),
        evidence=_evidence(row),
        says=Text(**row.pop("says")),
        sources=tuple(Text(**each) for each in row.pop("sources")),
        **row,
    )
