"""Option runs: legs that are entered as one basket, protected and exited together, their present
state and replays of their protection. May use `trading`, `monitoring` and `runs`.
"""
