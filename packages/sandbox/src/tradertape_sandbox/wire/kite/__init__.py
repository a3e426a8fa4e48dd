"""Kite Connect v3: REST, the login page, the ticker's frames and postbacks."""
