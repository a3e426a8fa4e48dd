"""The market's facts: instruments, calendar and hours, ticks, candles, panels of prices, universes,
and the simulated world. May import `kernel` alone.
"""
