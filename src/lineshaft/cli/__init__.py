"""The command line: a skin over the use cases, without rules of its own."""
