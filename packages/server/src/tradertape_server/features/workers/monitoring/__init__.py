"""Profit and loss, its line over time, the timeline and the streams of both. May use `runs`."""
