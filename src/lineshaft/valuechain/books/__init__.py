"""The books of the firm that the hub keeps, version by version."""
