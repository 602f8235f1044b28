"""Bill of material, suppliers and sites: the single-source register, outages, systemic risk."""
