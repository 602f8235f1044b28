"""Supply networks that the hub keeps: dated versions, and scenarios asked of them."""
