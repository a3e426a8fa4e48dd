"""Accounts: who signs in and how, sessions, API keys and their scopes, administration, audit log.

Layers, top first: `http`; `service` and `queries`; `account` and `administration`; `sign_in`;
`credentials`; `audit`; `repository`; `schemas`; `token_scope`, `token_limits` and `models`. It is
the lowest feature: it imports no other, only the platform.
"""
