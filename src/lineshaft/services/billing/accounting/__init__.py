"""What the ledger says, and the recognition of revenue by month."""
