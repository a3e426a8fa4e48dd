"""The trader: the one thread that executes commands, matches ticks and records what venues report,
a batch at a time, and the recovery every start begins with. May use every room below; is used by
`service` alone.
"""
