"""Closing what a run, a product of it or a whole account holds, step by step until it is done. May
use `orders` and what is below.
"""
