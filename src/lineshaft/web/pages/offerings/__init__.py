"""The catalogue of the maker: offerings, their versions, and packs to make new ones from."""
