"""What the console's pages of workers show: cards, single runs, attention, next actions. Reads
every other room; changes nothing.
"""
