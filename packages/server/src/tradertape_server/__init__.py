"""TraderTape."""
