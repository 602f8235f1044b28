"""Pages of the value chain."""
