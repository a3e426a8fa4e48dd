"""Instrument masters: a broker's daily list as a checked file, and instruments across brokers."""
