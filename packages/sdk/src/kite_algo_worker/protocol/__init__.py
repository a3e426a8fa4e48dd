"""The protocol of the worker API, apart from any HTTP library.

Calls, headers and bodies, errors, retries, the live gate, server-sent events, reconnection and the
rules of heartbeats, as both clients use them. Imports `config`, `exceptions` and `models` alone;
opens no connection.
"""
