"""Every request of the worker API: method, path, query, body, and how its answer is read.

The sync and the async client send what is made here; neither knows a path.
"""
