"""Groww's Trading API."""
