"""The tests of Lineshaft: a package of its own, so that no installed `tests` takes its name."""
