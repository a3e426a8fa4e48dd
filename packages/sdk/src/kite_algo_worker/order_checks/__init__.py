"""The order rules that the client checks before it sends an order. Imports `exceptions` alone."""
