"""The question that every use case asks: this actor, this action, this resource.

`Role` and `Actor` are the words of the question and therefore stand here, at the bottom of the
room; `identity` turns a password, a session or a token into an `Actor` and passes them on.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from lineshaft.core.period import Instant, Period, intersect, subtract

_END_OF_TIME = Instant(2**63 - 1)


class Role(StrEnum):
    """What somebody is to the hub; each person has one."""

    ADMINISTRATOR = "administrator"
    ENGINEER = "engineer"
    FINANCE = "finance"
    AUDITOR = "auditor"
    CUSTOMER = "customer"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who is asking.

    Attributes:
        id: identifier of the person, or the fixed one of a system actor.
        role: decides, with the grants of the organisation, what is allowed.
        organisation: id of the organisation that the person acts for; customers always have one.
        name: for people's eyes: pages and the audit chain.
    """

    id: str
    role: Role
    organisation: str | None
    name: str


SYSTEM_EDGE = Actor("system-edge", Role.SYSTEM, None, "edge")
SYSTEM_INTAKE = Actor("system-intake", Role.SYSTEM, None, "intake")
SYSTEM_API = Actor("system-api", Role.SYSTEM, None, "api")
SYSTEM_WORKER = Actor("system-worker", Role.SYSTEM, None, "worker")
SYSTEM_ACTORS = (SYSTEM_EDGE, SYSTEM_INTAKE, SYSTEM_API, SYSTEM_WORKER)

LOCAL_OPERATOR = Actor("local-operator", Role.ADMINISTRATOR, None, "operator of this machine")
"""Whoever may read the data directory: the command line on the hub itself acts as this one."""


class Action(StrEnum):
    """Everything that can be asked for; the Cedar schema declares the same list."""

    MACHINE_READ = "machine:read"
    READING_QUERY = "reading:query"
    SQL_QUERY = "sql:query"
    READING_CORRECT = "reading:correct"
    READING_DELETE = "reading:delete"
    REFUSAL_READ = "refusal:read"
    LIVE_READ = "live:read"
    HOLD_READ = "hold:read"
    HOLD_WRITE = "hold:write"
    CONTRACT_READ = "contract:read"
    CONTRACT_WRITE = "contract:write"
    CONTRACT_ACTIVATE = "contract:activate"
    CONTRACT_OFFER = "contract:offer"
    CONTRACT_ACCEPT = "contract:accept"
    CONTRACT_CHANGE = "contract:change"
    USAGE_READ = "usage:read"
    CLOCK_READ = "clock:read"
    CLOCK_WRITE = "clock:write"
    EXCHANGE_READ = "exchange:read"
    EXCHANGE_WRITE = "exchange:write"
    EXCHANGE_APPROVE = "exchange:approve"
    ESTIMATE_READ = "estimate:read"
    ESTIMATE_WRITE = "estimate:write"
    ESTIMATE_APPROVE = "estimate:approve"
    INCIDENT_READ = "incident:read"
    INCIDENT_REPORT = "incident:report"
    INCIDENT_WRITE = "incident:write"
    INCIDENT_APPROVE = "incident:approve"
    CORE_READ = "core:read"
    CORE_WRITE = "core:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    USAGE_WRITE = "usage:write"
    INVOICE_READ = "invoice:read"
    INVOICE_PREVIEW = "invoice:preview"
    INVOICE_ISSUE = "invoice:issue"
    INVOICE_CORRECT = "invoice:correct"
    PAYMENT_RECORD = "payment:record"
    DISPUTE_OPEN = "dispute:open"
    DISPUTE_RESOLVE = "dispute:resolve"
    DUNNING_WRITE = "dunning:write"
    EVIDENCE_READ = "evidence:read"
    LEDGER_READ = "ledger:read"
    LEDGER_RECOGNISE = "ledger:recognise"
    STUDY_READ = "study:read"
    STUDY_WRITE = "study:write"
    COST_WRITE = "cost:write"
    NETWORK_READ = "network:read"
    NETWORK_WRITE = "network:write"
    BOOKS_READ = "books:read"
    BOOKS_WRITE = "books:write"
    TABLE_READ = "table:read"
    TABLE_WRITE = "table:write"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_WRITE = "webhook:write"
    PLANT_PLAN = "plant:plan"
    PLANT_APPLY = "plant:apply"
    SOURCE_READ = "source:read"
    SOURCE_ENROL = "source:enrol"
    SOURCE_ACCEPT = "source:accept"
    SOURCE_REFUSE = "source:refuse"
    SEGMENT_ACCEPT = "segment:accept"
    USER_READ = "user:read"
    USER_WRITE = "user:write"
    PASSWORD_WRITE = "password:write"  # noqa: S105 - the name of an action
    TOKEN_WRITE = "token:write"  # noqa: S105 - the name of an action
    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"
    STATUS_READ = "status:read"
    AUDIT_READ = "audit:read"
    KEY_ROTATE = "key:rotate"
    BACKUP_CREATE = "backup:create"
    STORE_REPAIR = "store:repair"


class Resource(msgspec.Struct, frozen=True):
    """What the action is about.

    Attributes:
        kind: such as `machine`, `contract`, `document`, `source`, `user`, `hub`.
        id: identifier within its kind; `*` for the kind as a whole.
        machine: id of the machine whose data it is, if any; grants name machines.
        organisation: id of the customer organisation that it belongs to, if any.
        period: the span of the data that is asked for; without one, the present instant counts.
    """

    kind: str
    id: str
    machine: str | None = None
    organisation: str | None = None
    period: Period | None = None


class Grant(msgspec.Struct, frozen=True):
    """An organisation may see a machine's data of a period; contracts write them on activation.

    Attributes:
        start, end: half-open; an end of None is open.
        contract: id of the contract that it follows from.
    """

    organisation: str
    machine: str
    start: Instant
    end: Instant | None
    contract: str

    def __post_init__(self) -> None:
        """Refuse an empty or backward span (`Invalid`)."""
        _ = self.period

    @property
    def period(self) -> Period:
        """The span of the grant; an open end is the last instant that can be stored."""
        return Period(self.start, _END_OF_TIME if self.end is None else self.end)


class Situation(msgspec.Struct, frozen=True):
    """What the grants say of one question; with actor, action and resource it decides.

    Attributes:
        has_grant: the organisation has, had or will have a grant on the machine.
        is_covered: its grants cover the whole period, or the present instant where none is given.
    """

    has_grant: bool
    is_covered: bool


NO_GRANT = Situation(has_grant=False, is_covered=False)


def situation(grants: Iterable[Grant], resource: Resource, now: Instant) -> Situation:
    """Weigh the grants of one organisation for one question.

    Grants that touch or overlap count together: a period across two of them is covered.
    """
    periods = [grant.period for grant in grants if grant.machine == resource.machine]
    if resource.period is None:
        is_covered = any(period.contains(now) for period in periods)
    else:
        is_covered = not subtract([resource.period], periods)
    return Situation(has_grant=bool(periods), is_covered=is_covered)


def granted_periods(grants: Iterable[Grant], machine: str, within: Period) -> list[Period]:
    """Return the parts of a period that the grants on a machine cover, in time order."""
    return intersect([within], [grant.period for grant in grants if grant.machine == machine])


class Decision(msgspec.Struct, frozen=True):
    """The answer, with its reasons.

    Attributes:
        is_allowed: whether the actor may.
        policies: ids of the policies that decided; empty when none permits (default deny).
        policy_version: SHA-256 of the schema and all policies, hexadecimal.
    """

    is_allowed: bool
    policies: tuple[str, ...]
    policy_version: str
