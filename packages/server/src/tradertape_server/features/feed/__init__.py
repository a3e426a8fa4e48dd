"""Live prices: where ticks come from, the feed that distributes them, its relay between processes,
and the API over it.

Layers, top first: `http`, `relay`, `live`, `sources`. May import the features `instruments`,
`market` and `auth`, and the platform.
"""
