"""Resting triggers: building their commands, and finding those that a tick reaches. May use
`orders` and what is below.
"""
