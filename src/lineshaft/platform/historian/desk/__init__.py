"""The desk: where people correct what a machine said, as a source of its own."""
