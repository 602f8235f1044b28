"""Usage events that come over the API: the hub seals them as a source of its own."""
