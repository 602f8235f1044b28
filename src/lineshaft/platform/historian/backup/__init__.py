"""Going back to an earlier instant, and what is known to be lost."""
