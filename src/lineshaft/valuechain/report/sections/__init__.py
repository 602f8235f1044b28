"""The sections of a report: each makes its part of the model from what was gathered."""
