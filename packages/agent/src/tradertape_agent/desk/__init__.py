"""The user's accounts at brokers: signed in, read through a cache, and one of them traded with."""
