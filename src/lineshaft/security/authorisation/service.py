"""The one desk at which every use case asks: may this actor do this to that?"""

import functools
from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client import Counter

from lineshaft.core.clock import Clock
from lineshaft.core.errors import InvariantError
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.log import log_of
from lineshaft.security.authorisation.errors import NotAllowed, TooManyGrants
from lineshaft.security.authorisation.model import (
    NO_GRANT,
    Action,
    Actor,
    Decision,
    Grant,
    Resource,
    Role,
    Situation,
    granted_periods,
    situation,
)
from lineshaft.security.authorisation.policybook import PolicyBook, load_policies
from lineshaft.security.authorisation.ports import GrantStore

_ACTIONS = frozenset(Action)

DECISIONS_CACHED_MAX = 10_000
GRANTS_PER_ORGANISATION_MAX = 10_000
RESOURCES_PER_LIST_MAX = 10_000

DECISIONS = Counter(
    "lineshaft_authorisation_decisions",
    "Questions answered, by action and answer",
    ["action", "answer"],
)


class Authorizer:
    """Decides by Cedar policies and grants; default deny.

    What the grants say is read anew for every question of a customer, so that a revocation holds at
    once in every process; only what follows from it, a pure function, is cached.
    """

    def __init__(
        self,
        database: Database,
        grants: GrantStore,
        clock: Clock,
        policies: PolicyBook | None = None,
    ) -> None:
        """Use the policies of this package unless others are given."""
        self._database = database
        self._grants = grants
        self._clock = clock
        self._policies = load_policies() if policies is None else policies
        self._cached = functools.lru_cache(maxsize=DECISIONS_CACHED_MAX)(self._policies.decide)

    @property
    def policy_version(self) -> str:
        """SHA-256 of the schema and all policies, hexadecimal."""
        return self._policies.version

    def authorize(self, actor: Actor, action: str, resource: Resource) -> None:
        """Go on only if the actor may.

        Raises:
            NotAllowed: (kind `Forbidden`) otherwise; it carries the reasons, and is logged.
        """
        decision = self.decide(actor, action, resource)
        if not decision.is_allowed:
            log_of(__name__).warning(
                "denied",
                actor=actor.id,
                role=actor.role.value,
                action=str(action),
                resource=f"{resource.kind}/{resource.id}",
                policies=decision.policies,
                policy_version=decision.policy_version,
            )
            said, asked = _denial(actor, action, resource), {resource.kind: resource.id}
            raise NotAllowed(said, str(action), decision.policies, **asked)

    def is_allowed(self, actor: Actor, action: str, resource: Resource) -> bool:
        """Tell whether the actor may; for skins that hide what would be refused."""
        return self.decide(actor, action, resource).is_allowed

    def decide(self, actor: Actor, action: str, resource: Resource) -> Decision:
        """Answer with the policies that decided: the explanation of `authorize`.

        Raises:
            InvariantError: for an action that is not in the registry.
        """
        return self._answer(actor, action, resource, self._grants_of(actor))

    def permitted(self, actor: Actor, action: str, resources: Sequence[Resource]) -> list[Resource]:
        """Return those of a list that the actor may act on, in the given order.

        For lists: the grants are read once and nothing is logged for what is left out.

        Raises:
            InvariantError: for more than `RESOURCES_PER_LIST_MAX`; ask page by page.
        """
        if len(resources) > RESOURCES_PER_LIST_MAX:
            msg = f"asked for {len(resources)} resources at once, at most {RESOURCES_PER_LIST_MAX}"
            raise InvariantError(msg)
        grants = self._grants_of(actor)
        return [
            resource
            for resource in resources
            if self._answer(actor, action, resource, grants).is_allowed
        ]

    def visible_machines(self, actor: Actor, period: Period | None = None) -> frozenset[str] | None:
        """Return the machines that the actor may know of; None means all.

        Args:
            actor: who asks.
            period: only machines with a grant that overlaps it.
        """
        if self.is_allowed(actor, Action.MACHINE_READ, Resource("machine", "*")):
            return None
        machines = {
            grant.machine
            for grant in self._grants_of(actor)
            if period is None or grant.period.intersection(period) is not None
        }
        questions = [Resource("machine", machine, machine) for machine in sorted(machines)]
        return frozenset(
            question.id for question in self.permitted(actor, Action.MACHINE_READ, questions)
        )

    def visible_periods(self, actor: Actor, machine: str, within: Period) -> list[Period]:
        """Return the parts of a period whose readings of a machine the actor may query.

        For pages that ask for a default span: each part passes `authorize` as it stands.
        """
        question = Resource("machine", machine, machine, period=within)
        if self.is_allowed(actor, Action.READING_QUERY, question):
            return [within]
        parts = granted_periods(self._grants_of(actor), machine, within)
        questions = [Resource("machine", machine, machine, period=part) for part in parts]
        allowed = self.permitted(actor, Action.READING_QUERY, questions)
        return [question.period for question in allowed if question.period is not None]

    def visible_organisations(self, actor: Actor) -> frozenset[str] | None:
        """Return the organisations whose contracts and documents the actor may list; None: all."""
        if actor.role is Role.CUSTOMER:
            return frozenset() if actor.organisation is None else frozenset({actor.organisation})
        everything = Resource("contract", "*")
        return None if self.is_allowed(actor, Action.CONTRACT_READ, everything) else frozenset()

    def add_grant(self, connection: sa.Connection, grant: Grant) -> None:
        """Give an organisation a machine's data of a period, in the caller's unit of work.

        The same grant again changes nothing. The caller authorises and audits what led to it.

        Raises:
            TooManyGrants: when the organisation has `GRANTS_PER_ORGANISATION_MAX`.
        """
        self._grants.insert(connection, grant)
        if self._grants.count(connection, grant.organisation) > GRANTS_PER_ORGANISATION_MAX:
            msg = (
                f"cannot grant {grant.machine} to {grant.organisation}: it has "
                f"{GRANTS_PER_ORGANISATION_MAX} grants already"
            )
            raise TooManyGrants(msg)

    def end_grant(self, connection: sa.Connection, contract: str, at: Instant) -> int:
        """End all grants of a contract at an instant, in the caller's unit of work.

        Returns:
            how many grants changed; those that would begin at or after `at` are removed.
        """
        return self._grants.end(connection, contract, at)

    def _answer(
        self, actor: Actor, action: str, resource: Resource, grants: Sequence[Grant]
    ) -> Decision:
        if action not in _ACTIONS:
            msg = f"asked for {action!r}, which is no action of the registry"
            raise InvariantError(msg)
        facts = self._situation(grants, resource)
        # Machine and period have done their work in the facts: without them, and without ids that
        # no policy looks at, the cache holds far fewer keys.
        bare = self._policies.like(
            Resource(resource.kind, resource.id, None, resource.organisation)
        )
        decision = self._cached(actor, str(action), bare, facts)
        DECISIONS.labels(str(action), "allow" if decision.is_allowed else "deny").inc()
        return decision

    def _situation(self, grants: Sequence[Grant], resource: Resource) -> Situation:
        if not grants or resource.machine is None:
            return NO_GRANT
        return situation(grants, resource, self._clock.now())

    def _grants_of(self, actor: Actor) -> list[Grant]:
        if actor.role is not Role.CUSTOMER or actor.organisation is None:
            return []
        with self._database.read() as connection:
            return self._grants.of_organisation(connection, actor.organisation)


def _denial(actor: Actor, action: str, resource: Resource) -> str:
    span = "" if resource.period is None else f" for {resource.period}"
    return f"{actor.name} ({actor.role}) may not {action} on {resource.kind} {resource.id}{span}"
