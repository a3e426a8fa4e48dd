"""Routes of the feature, and what other features use to know and re-check the caller: dependencies,
WebSocket authentication, and the watch that ends streams whose credential was revoked.

The top layer of `auth`: it may import everything below in the feature.
"""
