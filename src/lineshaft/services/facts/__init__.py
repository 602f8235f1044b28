"""What people record of a machine beside its readings: cores and stocks, in versions."""
