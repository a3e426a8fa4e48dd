"""The sync client's methods, by family."""
