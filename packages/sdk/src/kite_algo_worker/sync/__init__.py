"""The sync client over `requests`: sending, streams, and its methods by area.

Imports `endpoints`, `options`, models and the modules that both clients share; never `client`,
`managed_run` or `aio`.
"""
