"""Figures of a result: returns, drawdowns, trades. Arrays of daily equity in, fractions and percent
out. Imports `config` alone.
"""
