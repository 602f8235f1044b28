"""Who is asking: organisations, people, sessions, API tokens, sources."""
