"""The hub itself: edge nodes and how it is doing."""
