"""Work outside requests: parallel computation in local processes or on a Ray cluster, background
job threads with their leases, and the cache of compiled code.

May import `database` and the single modules, not `processes` or above.
"""
