"""Indicators on an input-output table: one file each, in the order in which they are shown."""

from typing import Protocol

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.inputoutput.indicators import (
    backward_linkage,
    directly_absorbed_value_added,
    domestic_content,
    domestic_double_counting,
    domestic_value_added_in_exports,
    downstreamness,
    extraction_loss,
    final_demand_share,
    foreign_content,
    foreign_double_counting,
    foreign_value_added_in_exports,
    forward_linkage,
    ghosh_loss,
    gross_exports,
    gvc_backward,
    gvc_exports,
    gvc_forward,
    input_servitization_complete,
    input_servitization_direct,
    input_servitization_share,
    kww_participation,
    kww_position,
    oecd_gvc_forward,
    output_multiplier,
    production_length_position,
    reflection,
    services_in_manufacturing_exports,
    services_in_manufacturing_exports_domestic,
    services_in_manufacturing_exports_foreign,
    upstreamness,
    value_added_comparative_advantage,
    value_added_effect,
    value_added_exports,
    value_added_multiplier,
    value_added_share,
    wwz_foreign_double_counting,
    wwz_foreign_value_added,
)
from lineshaft.valuechain.inputoutput.kernel import Kernel, Values


class Member(Protocol):
    """A module of this folder."""

    INDICATOR: Indicator

    def values(self, kernel: Kernel) -> Values:
        """Compute the indicator on a table."""


MEMBERS: tuple[Member, ...] = (
    upstreamness,
    downstreamness,
    value_added_share,
    final_demand_share,
    output_multiplier,
    backward_linkage,
    forward_linkage,
    value_added_effect,
    value_added_multiplier,
    gross_exports,
    domestic_content,
    foreign_content,
    domestic_value_added_in_exports,
    value_added_exports,
    reflection,
    domestic_double_counting,
    foreign_value_added_in_exports,
    foreign_double_counting,
    directly_absorbed_value_added,
    gvc_exports,
    gvc_backward,
    gvc_forward,
    oecd_gvc_forward,
    wwz_foreign_value_added,
    wwz_foreign_double_counting,
    kww_participation,
    kww_position,
    production_length_position,
    value_added_comparative_advantage,
    input_servitization_direct,
    input_servitization_complete,
    input_servitization_share,
    services_in_manufacturing_exports,
    services_in_manufacturing_exports_domestic,
    services_in_manufacturing_exports_foreign,
    extraction_loss,
    ghosh_loss,
)
