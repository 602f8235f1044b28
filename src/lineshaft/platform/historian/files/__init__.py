"""Store files: their columns, how they are written, and how small ones become large ones."""
