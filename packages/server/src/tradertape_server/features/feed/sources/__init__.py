"""Where ticks come from: the simulated market, replays of ticks or candles, or nothing at all.

The lowest layer of `feed`: it imports no other part of it.
"""
