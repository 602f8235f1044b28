"""The service design desk: what would a tariff have earned, what can a guarantee cost."""
