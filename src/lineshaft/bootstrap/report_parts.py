"""The report of what the hub keeps of the value chain, on the use cases of the others."""

from lineshaft.bootstrap.foundation import Foundation
from lineshaft.bootstrap.valuechain_parts import ValueChain
from lineshaft.valuechain.report.service import KeptReports, ReportParts


def build_reports(base: Foundation, chain: ValueChain) -> KeptReports:
    """Build the use cases of the report."""
    return KeptReports(
        ReportParts(
            networks=chain.networks,
            books=chain.books,
            firm=chain.firm,
            clock=base.clock,
        )
    )
