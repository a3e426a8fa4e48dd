"""Upstox's wire, v2 and v3: REST, the login dialog and the two feeds."""
