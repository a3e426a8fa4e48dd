"""Tables of execution and all of its SQL: mapping of core types, what a batch writes, what queries
read. May use `venues` for the shape of requests, and core.
"""
