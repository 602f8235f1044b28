"""The fleet, a machine, and what its connectors could not take."""
