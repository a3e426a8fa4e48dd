"""What can be traded: the instrument master, its search, listings, and option chains.

Six flat modules; `service` is what other features call. May import `market` and below.
"""
