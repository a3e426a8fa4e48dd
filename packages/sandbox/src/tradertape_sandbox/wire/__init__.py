"""The brokers' protocols. What they share is beside them; none knows another."""
