"""Alerts on prices: a condition, and a history of when it came true."""
