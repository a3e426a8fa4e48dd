"""Signing in: by mailed link or code, by password, with a second factor; the sessions that result,
and the limits on attempts.

May import `credentials`, `audit`, `repository`, `schemas` and `models`.
"""
