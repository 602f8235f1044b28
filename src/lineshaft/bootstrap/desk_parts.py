"""The service design desk, on the use cases of its neighbours."""

from lineshaft.bootstrap.engine import present_engine
from lineshaft.bootstrap.foundation import Foundation
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.service import DesignDesk, DeskParts
from lineshaft.services.desk.store import SqlDeskStore
from lineshaft.services.incidents.service import Incidents
from lineshaft.services.metering.service import Metering


def build_design_desk(
    base: Foundation,
    contracts: Contracts,
    billing: Billing,
    known: tuple[Metering, Incidents],
) -> DesignDesk:
    """Build the use cases of the design desk."""
    metering, incidents = known
    return DesignDesk(
        DeskParts(
            database=base.database,
            store=SqlDeskStore(),
            contracts=contracts,
            billing=billing,
            metering=metering,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            engine=present_engine(),
            facts=incidents,
        )
    )
