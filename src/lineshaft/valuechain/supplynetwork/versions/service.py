"""Use cases of the supply network in the hub: versions, the register, outages, scenarios.

What computes is imported when it is first asked for: a hub that nobody asks carries none of it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.valuechain.indicator import Figure
from lineshaft.valuechain.supplynetwork.versions.care import (
    ACTION_CHARACTERS_MAX,
    OWNER_CHARACTERS_MAX,
    Care,
    CareNote,
    cared,
)
from lineshaft.valuechain.supplynetwork.versions.caring import RegisterCare
from lineshaft.valuechain.supplynetwork.versions.errors import (
    NetworkMissing,
    NetworkVersionNotFound,
    NetworkVersionTaken,
    ScenarioNotFound,
    ScenarioTaken,
    TooManyScenarios,
)
from lineshaft.valuechain.supplynetwork.versions.model import (
    SCENARIOS_MAX,
    AskedAgain,
    AskedOutage,
    OutageChoices,
    OutageScenario,
    week_before,
)
from lineshaft.valuechain.supplynetwork.versions.ports import NetworkParts
from lineshaft.valuechain.versions.model import KeptVersion, Kind
from lineshaft.valuechain.versions.service import Versions, VersionsParts

if TYPE_CHECKING:
    from lineshaft.valuechain.supplynetwork.register import Dependency
    from lineshaft.valuechain.supplynetwork.scenario import Question
    from lineshaft.valuechain.supplynetwork.service import Register, WhatIf
    from lineshaft.valuechain.supplynetwork.versions.opened import OpenNetwork, OpenNetworks

__all__ = [
    "ACTION_CHARACTERS_MAX",
    "OWNER_CHARACTERS_MAX",
    "Care",
    "CareNote",
    "NetworkParts",
    "ShownRegister",
    "SupplyNetworks",
    "sample_files",
]

CONTRACTS_MAX = 10_000
"""That the tables of one version name."""
ALL = Resource("network", "*")
KIND = Kind(
    name="supply network",
    lock="supply-network",
    resource=ALL,
    read=Action.NETWORK_READ,
    write=Action.NETWORK_WRITE,
    missing="no supply network has been imported yet: expected the tables items, sourcing and "
    "lines at least (docs/supply-network.md)",
    is_missing=NetworkMissing,
    not_found=NetworkVersionNotFound,
    taken=NetworkVersionTaken,
)

Progress = Callable[[str, int, int], None]


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class ShownRegister(msgspec.Struct, frozen=True):
    """The register of a version, and what changed since an older one.

    Attributes:
        before: what it is compared with; None where there is no older one.
    """

    version: KeptVersion
    before: KeptVersion | None
    register: "Register"

    def rows(self) -> list[dict[str, Any]]:
        """Return the dependencies as JSON content with their ranks; amounts are exact.

        `is_short` says that the stock ends before another source could deliver.
        """
        from lineshaft.valuechain.supplynetwork.service import (  # noqa: PLC0415 - as above
            dependency_content,
        )

        found = self.register.dependencies
        return [
            {"rank": rank, **dependency_content(each), "is_short": is_short(each)}
            for rank, each in enumerate(found, start=1)
        ]

    def margin_figure(self, rank: int) -> Figure:
        """Return the margin at risk of a dependency with what a reader needs to judge it."""
        return self.register.margin_figure(self.register.dependencies[rank - 1])

    def cover_figure(self, rank: int) -> Figure:
        """Return the stock cover of a dependency with what a reader needs to judge it."""
        return self.register.cover_figure(self.register.dependencies[rank - 1])

    def changed(self) -> list[dict[str, Any]]:
        """Return what changed as JSON content; nothing where there is no older version."""
        from lineshaft.valuechain.supplynetwork.service import (  # noqa: PLC0415 - as above
            change_content,
        )

        found = self.register.changes or []
        return [{"rank": n, **change_content(each)} for n, each in enumerate(found, start=1)]


def is_short(each: "Dependency") -> bool:
    """Tell whether the stock of a dependency ends before another source could deliver."""
    cover, needed = each.cover_days, each.requalification_days
    return cover is not None and (needed is None or cover < needed)


def sample_files() -> bytes:
    """Return a small network as a zip of CSV files."""
    from lineshaft.valuechain.supplynetwork.versions.packing import (  # noqa: PLC0415 - as above
        PACKING,
    )

    return PACKING.sample("lineshaft.valuechain.supplynetwork.versions")


class SupplyNetworks:
    """Keeps versions of the supply network, and answers what breaks."""

    def __init__(self, parts: NetworkParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store
        of_versions = VersionsParts(
            database=parts.database,
            authorizer=parts.authorizer,
            audit=parts.audit,
            clock=parts.clock,
        )
        self._versions = Versions(of_versions, parts.versions, KIND)
        self._networks: OpenNetworks | None = None
        self.care = RegisterCare(parts, self._last_register)
        """Who looks after a dependency, and what is done."""

    def versions(self, actor: Actor) -> list[KeptVersion]:
        """Return all versions, the last one first."""
        return self._versions.all(actor)

    def import_upload(
        self, actor: Actor, upload: bytes, version: int | None, note: str = ""
    ) -> KeptVersion:
        """Check an Excel workbook or a zip of CSV files, and keep it as the next version.

        Raises:
            NetworkTooLarge: beyond the maxima of an upload, and as `import_files`.
            NotAnUpload: for any other file.
        """
        from lineshaft.valuechain.supplynetwork.versions.packing import (  # noqa: PLC0415
            PACKING,
        )

        self._versions.check_write(actor, note)
        with TemporaryDirectory() as folder:
            return self.import_files(actor, PACKING.unpack(upload, Path(folder)), version, note)

    def import_files(
        self,
        actor: Actor,
        source: Path,
        version: int | None,
        note: str = "",
        show: Progress = no_progress,
    ) -> KeptVersion:
        """Check a folder or a workbook, and keep it as the next version; all of it, or nothing.

        The same content as the last version changes nothing.

        Args:
            actor: who asks.
            source: a folder of CSV files, or an Excel workbook (docs/supply-network.md).
            version: that it becomes; None: the next one.
            note: why, for people.
            show: told what is read.

        Raises:
            TablesInvalid: with all that is wrong.
            NetworkTooLarge: for more than a version may have.
            NetworkVersionTaken: when `version` is not the next one.
            TooManyVersions: beyond `VERSIONS_MAX`.
        """
        from lineshaft.valuechain.supplynetwork.versions.packing import packed  # noqa: PLC0415

        self._versions.check_write(actor, note)
        return self._versions.keep(actor, packed(source, show), version, note)

    def register(
        self, actor: Actor, version: int | None = None, before: int | None = None
    ) -> ShownRegister:
        """Rank what depends on one supplier, and say what changed.

        Owners and actions are those that were noted last; of the older version those by then.

        Args:
            actor: who asks.
            version: the last one for None.
            before: what it is compared with; None: the last one that is a week older.

        Raises:
            NetworkMissing: where nothing has been imported yet.
            NetworkVersionNotFound: for a version that is not there.
        """
        from lineshaft.valuechain.supplynetwork.register import changes  # noqa: PLC0415
        from lineshaft.valuechain.supplynetwork.service import Register  # noqa: PLC0415

        known = self.versions(actor)
        shown = self._versions.picked(known, version)
        other = before if before is not None else week_before(known, shown.version)
        opened = self._open(actor, shown)
        with self._database.read() as connection:
            notes = self._store.care_notes(connection)
        found = cared(opened.single_sources, notes)
        if other is None:
            return ShownRegister(shown, None, Register(opened.network, found))
        older = self._versions.picked(known, other)
        then = cared(self._open(actor, older).single_sources, notes, older.imported_at)
        changed = changes(then, found)
        return ShownRegister(shown, older, Register(opened.network, found, changed))

    def _last_register(self, actor: Actor) -> Sequence["Dependency"]:
        """Return the register of the last version, as its files say it."""
        return self._open(actor, self._versions.named(actor)).single_sources

    def choices(self, actor: Actor, version: int | None = None) -> OutageChoices:
        """Return what can fail in a version.

        Raises:
            NetworkMissing, NetworkVersionNotFound: as `register`.
        """
        from lineshaft.valuechain.supplynetwork.service import Register  # noqa: PLC0415

        opened = self._open(actor, self._versions.named(actor, version))
        network, needed = opened.network, opened.network.needs_per_week
        countries = {each.country for each in network.sites}
        countries |= {each.country for each in network.sub_tier}
        return OutageChoices(
            suppliers={each.id: each.name or each.id for each in network.suppliers},
            parts={each.id: each.name or each.id for each in network.items if needed[each.id]},
            countries=tuple(sorted(countries)),
            ports=tuple(sorted({each.port for each in network.sites if each.port})),
            lines=tuple(sorted(each.line for each in network.lines)),
            coverage=Register(network, list(opened.single_sources)).coverage,
        )

    def picture(self, actor: Actor, version: int | None = None) -> dict[str, Any]:
        """Return a version as a picture and a map, as JSON content.

        Raises:
            NetworkMissing, NetworkVersionNotFound: as `register`.
        """
        from lineshaft.valuechain.supplynetwork.picture import picture  # noqa: PLC0415

        network = self._open(actor, self._versions.named(actor, version)).network
        return {**picture(network), "currency": network.currency}

    def what_if(self, actor: Actor, asked: AskedOutage, version: int | None = None) -> bytes:
        """Answer what an outage does, what it costs and what cures it: as a scenario's bytes.

        Raises:
            Invalid: for a kind, a day, a number or an amount that cannot be.
            TargetUnknown: for a target that the network does not have.
            CureNotFound: when no set of cures reaches the goal.
            ExtraMissing: for cures without the extra that searches them.
            NetworkMissing, NetworkVersionNotFound: as `register`.
        """
        from lineshaft.valuechain.supplynetwork.service import question_of  # noqa: PLC0415

        limits = (asked.lines, asked.lost_margin_max, asked.credits_max)
        when = (asked.start, asked.days, asked.horizon_days)
        chosen = self._versions.named(actor, version)
        question = question_of((asked.kind, asked.targets), when, limits)
        return self._answered(actor, chosen, question).scenario

    def _answered(self, actor: Actor, version: KeptVersion, question: "Question") -> "WhatIf":
        """Answer a question with the guarantees of the contracts that hold on its first day."""
        from lineshaft.valuechain.supplynetwork.dependencies import promises_of  # noqa: PLC0415
        from lineshaft.valuechain.supplynetwork.service import answered  # noqa: PLC0415

        opened = self._open(actor, version)
        network, named = opened.network, opened.contracts
        if len(named) > CONTRACTS_MAX:
            msg = f"guarantees of {len(named)} contracts: expected at most {CONTRACTS_MAX}"
            raise Invalid(msg)
        bound = self._parts.contracts.bound(actor, named)
        when = (question.shock.start_on, network.currency)
        promises = promises_of(opened.promises, opened.links, bound, when)
        return answered(network, question, promises, opened.cures)

    def save_scenario(
        self, actor: Actor, named: tuple[str, str], asked: AskedOutage, version: int | None = None
    ) -> OutageScenario:
        """Answer a question and keep it; the same again changes nothing.

        Args:
            actor: who asks.
            named: id and name of the scenario.
            asked: the question.
            version: of the network; the last one for None.

        Raises:
            ScenarioTaken: when the id asks something else.
            TooManyScenarios: beyond `SCENARIOS_MAX`.
            Refusal: as `what_if`.
        """
        self._parts.authorizer.authorize(actor, Action.NETWORK_WRITE, ALL)
        chosen = self._versions.named(actor, version)
        content = self.what_if(actor, asked, chosen.version)
        id_, name = named
        made = OutageScenario(
            id=id_,
            name=name.strip(),
            version=chosen.version,
            sha256=canonical.sha256_hex(content),
            saved_at=self._parts.clock.now(),
            saved_by=actor.name,
        )
        with self._database.unit_of_work() as unit:
            unit.lock("outage-scenario")
            known = self._store.scenario(unit.connection, made.id)
            if known is not None:
                if (known[0].sha256, known[0].name) == (made.sha256, made.name):
                    return known[0]
                msg = f"scenario {made.id} is kept with something else: expected another id"
                raise ScenarioTaken(msg)
            if len(self._store.scenarios(unit.connection)) >= SCENARIOS_MAX:
                msg = f"{SCENARIOS_MAX} scenarios are kept: at most that many"
                raise TooManyScenarios(msg)
            self._store.add_scenario(unit.connection, made, content)
            self._parts.audit.append(
                unit.connection,
                actor,
                Action.NETWORK_WRITE,
                f"scenario/{made.id}",
                {"sha256": made.sha256, "version": made.version},
            )
        return made

    def scenarios(self, actor: Actor) -> list[OutageScenario]:
        """Return all scenarios, the one saved last first."""
        self._parts.authorizer.authorize(actor, Action.NETWORK_READ, ALL)
        with self._database.read() as connection:
            return self._store.scenarios(connection)

    def scenario(self, actor: Actor, id_: str) -> tuple[OutageScenario, bytes]:
        """Return a scenario with its bytes: the question, the hashes of its files, the answer.

        Raises:
            ScenarioNotFound: when there is none.
        """
        self._parts.authorizer.authorize(actor, Action.NETWORK_READ, ALL)
        with self._database.read() as connection:
            found = self._store.scenario(connection, id_)
        if found is None:
            msg = f"there is no outage scenario {id_[:80]!r}"
            raise ScenarioNotFound(msg)
        return found

    def ask_again(self, actor: Actor, id_: str, version: int | None = None) -> AskedAgain:
        """Ask a scenario again, of a version or the last one, and say what came of it.

        Raises:
            ScenarioNotFound: when there is none.
            Refusal: as `what_if`.
        """
        from lineshaft.valuechain.supplynetwork.scenario import (  # noqa: PLC0415
            changed_inputs,
            read,
        )

        _, content = self.scenario(actor, id_)
        chosen = self._versions.named(actor, version)
        question, then = read(content)
        found = self._answered(actor, chosen, question).scenario
        changed = ", ".join(changed_inputs(then, read(found)[1]))
        return AskedAgain(chosen.version, is_same=found == content, changed=changed)

    @contextmanager
    def files(self, actor: Actor, version: int | None = None) -> Iterator[Path]:
        """Give a version as a folder of CSV files, for as long as it is read.

        Raises:
            NetworkMissing, NetworkVersionNotFound: as `register`.
        """
        with self._files(actor, self._versions.named(actor, version)) as folder:
            yield folder

    def _open(self, actor: Actor, version: KeptVersion) -> "OpenNetwork":
        """Return what a version says; versions never change, so the last ones are remembered."""
        from lineshaft.valuechain.supplynetwork.versions.opened import (  # noqa: PLC0415
            OpenNetwork,
            OpenNetworks,
        )

        if self._networks is None:
            self._networks = OpenNetworks()
        found = self._networks.find(version)
        if found is None:
            with self._files(actor, version) as folder:
                found = OpenNetwork.read(folder)
            self._networks.hold(version, found)
        return found

    @contextmanager
    def _files(self, actor: Actor, version: KeptVersion) -> Iterator[Path]:
        """Give a version as a folder of CSV files, for as long as it is read."""
        from lineshaft.valuechain.supplynetwork.versions.packing import (  # noqa: PLC0415
            PACKING,
        )

        content = self._versions.content(actor, version)
        with TemporaryDirectory() as folder:
            yield PACKING.write_files(content, Path(folder))
