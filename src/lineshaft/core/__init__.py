"""The words that every room shares: pure, without I/O, clock or randomness."""
