"""Passwords and API keys: hashing, checking, issuing, revoking, and the cache of verified keys.

May import `audit`, `repository`, `schemas`, `token_scope`, `token_limits` and `models`;
knows nothing of signing in.
"""
