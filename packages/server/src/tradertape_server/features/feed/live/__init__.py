"""The running feed of one process: subscriptions, the newest tick of each instrument, candles built
from ticks, frames for streams, and the view of the market that execution uses.

May import `sources`.
"""
