"""Delivery of live data to clients: the in-process bus, its relay to other processes through Redis,
server-sent events and WebSockets.

May import `processes` and below (for the Redis connection), not `http`.
"""
