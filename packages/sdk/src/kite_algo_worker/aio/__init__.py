"""The asyncio client over `httpx`: sending, streams, managed runs, and its methods by area.

Imports `endpoints`, `options`, models and the modules that both clients share; never
`async_client` or `sync`.
"""
