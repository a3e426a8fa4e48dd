"""Routes, answers and the tick socket of the feed.

The top layer of `feed`: it may import everything below in the feature.
"""
