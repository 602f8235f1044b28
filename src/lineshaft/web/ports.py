"""What the pages take: the use cases that `bootstrap` has built."""

from typing import Protocol

from lineshaft.bootstrap.programs import Programs
from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.idempotency import KeptAnswers
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.usage.service import UsageEvents
from lineshaft.platform.twin.service import LiveView, Twin
from lineshaft.platform.webhooks.service import Webhooks
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.service import Identity
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.accounting.service import Ledger
from lineshaft.services.billing.closing.service import Closing
from lineshaft.services.billing.dunning.service import Dunning
from lineshaft.services.billing.receivables.service import Receivables
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.catalogue.service import Catalogue
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.service import DesignDesk
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.facts.service import Cores, Stocks
from lineshaft.services.incidents.service import Incidents
from lineshaft.services.metering.clocks.service import Clocks
from lineshaft.services.metering.estimates.service import Estimates
from lineshaft.services.metering.exchanges.service import MeterExchanges
from lineshaft.services.metering.service import Metering
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.firm.service import FirmFigures
from lineshaft.valuechain.inputoutput.kept.service import KeptTables
from lineshaft.valuechain.paradox.kept.service import KeptTrade
from lineshaft.valuechain.paths.service import NationalPaths
from lineshaft.valuechain.report.service import KeptReports
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks


class Application(Protocol):
    """The use cases by name; `bootstrap.Application` has them."""

    @property
    def settings(self) -> Settings:
        """Where this installation keeps its data."""
        ...

    @property
    def clock(self) -> Clock:
        """The present instant."""
        ...

    @property
    def ids(self) -> IdSource:
        """New identifiers."""
        ...

    @property
    def audit(self) -> AuditChain:
        """Who did what."""
        ...

    @property
    def identity(self) -> Identity:
        """People, sessions, tokens, sources."""
        ...

    @property
    def authorizer(self) -> Authorizer:
        """What to show and what to leave out."""
        ...

    @property
    def answers(self) -> KeptAnswers:
        """What requests with a key were answered."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Who is told of what happens."""
        ...

    @property
    def keys(self) -> DocumentKeys:
        """The public keys."""
        ...

    @property
    def historian(self) -> Historian:
        """Stored readings."""
        ...

    @property
    def usage(self) -> UsageEvents:
        """Usage events that come over the API."""
        ...

    @property
    def twin(self) -> Twin:
        """Machines and signals."""
        ...

    @property
    def live(self) -> LiveView:
        """The latest values."""
        ...

    @property
    def clocks(self) -> Clocks:
        """How wrong clocks are."""
        ...

    @property
    def exchanges(self) -> MeterExchanges:
        """Exchanges of meters."""
        ...

    @property
    def cores(self) -> Cores:
        """Parts that come back for a deposit."""
        ...

    @property
    def stocks(self) -> Stocks:
        """Deliveries and counts of consumables."""
        ...

    @property
    def estimates(self) -> Estimates:
        """Estimates of usage."""
        ...

    @property
    def incidents(self) -> Incidents:
        """Incidents and agreed exclusions."""
        ...

    @property
    def metering(self) -> Metering:
        """Usage and time lines."""
        ...

    @property
    def evidence(self) -> Evidence:
        """Proofs of documents, and the readings behind their lines."""
        ...

    @property
    def contracts(self) -> Contracts:
        """Offerings and contracts."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """What is on sale."""
        ...

    @property
    def billing(self) -> Billing:
        """Documents."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What the ledger says; recognition of revenue."""
        ...

    @property
    def receivables(self) -> Receivables:
        """Payments, what is due, disputes."""
        ...

    @property
    def design(self) -> DesignDesk:
        """Studies, recorded costs, accounts of profit."""
        ...

    @property
    def dunning(self) -> Dunning:
        """Letters on what is owed."""
        ...

    @property
    def closing(self) -> Closing:
        """The month's close."""
        ...

    @property
    def renderings(self) -> Renderings:
        """Documents as HTML and PDF."""
        ...

    @property
    def networks(self) -> SupplyNetworks:
        """Versions of the supply network, and what an outage does."""
        ...

    @property
    def books(self) -> FirmBooks:
        """Versions of the firm's books."""
        ...

    @property
    def firm(self) -> FirmFigures:
        """What the books and the hub's documents say of the firm."""
        ...

    @property
    def reports(self) -> KeptReports:
        """What a board reads of the value chain."""
        ...

    @property
    def tables(self) -> KeptTables:
        """National tables, and what-ifs on them."""
        ...

    @property
    def trade(self) -> KeptTrade:
        """World trade by country and product."""
        ...

    @property
    def paths(self) -> NationalPaths:
        """The American, German and Chinese paths."""
        ...

    @property
    def health(self) -> Health:
        """Whether this process can do its work."""
        ...

    @property
    def programs(self) -> Programs:
        """Whether the programs beside it can do theirs."""
        ...
