"""The asyncio client's methods, by family."""
