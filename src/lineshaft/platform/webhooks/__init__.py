"""Webhooks: what happened is sent to the addresses of those who may know of it."""
