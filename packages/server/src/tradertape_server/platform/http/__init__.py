"""The HTTP layers around the application: request context and ids, identity, rate limits, bodies,
idempotency, security headers, forwarding to the trading process, and what routes share.

The top layer of the platform: it may import every other part of it.
"""
