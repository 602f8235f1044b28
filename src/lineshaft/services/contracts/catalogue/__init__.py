"""The catalogue of a maker: what is on sale, since when, in which version."""
