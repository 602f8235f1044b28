"""The service design desk: studies, and what was earned."""
