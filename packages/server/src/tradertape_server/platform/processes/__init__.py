"""What concerns a process as a whole: the lease that says which process trades, the connection to
Redis that processes share, and the settings of the Python interpreter.

May import `database` and the single modules, not `streaming` or `http`.
"""
