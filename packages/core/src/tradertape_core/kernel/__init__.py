"""What everything else is built on: money in paise, the clock, errors, number formats. Imports
nothing of core.
"""
