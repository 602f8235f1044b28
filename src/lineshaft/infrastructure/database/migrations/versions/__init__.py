"""One module per step, in one chain."""
