"""The close of a month in bulk: every contract's documents, in batches."""
