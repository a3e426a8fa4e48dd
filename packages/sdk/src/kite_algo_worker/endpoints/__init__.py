"""Every request of the worker API as a value: method, path, query, body, reader of the answer.

The sync and the asyncio client send these; neither knows a path. Imports models, protection,
`run_config` and the order checks; sends nothing.
"""
