"""Carries the feed of the trading process to the other processes through Redis: the relay, and the
source that stands in for a local one there.

May import `live` and `sources`.
"""
