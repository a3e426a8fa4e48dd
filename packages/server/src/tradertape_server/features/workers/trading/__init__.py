"""What may change positions: orders and their safety checks, exits, protections, GTTs, funds and
kill switches, and the runs as owners of protections. May use `monitoring` and `runs`.
"""
