"""Servitization of a firm from its own documents and books, and its smile curve."""
