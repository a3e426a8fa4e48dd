"""The answers of the worker API, as TypedDicts: shapes of what its routes return as dicts. Money
and prices in rupees, times in ISO 8601 (IST). Imports nothing of workers.
"""
