"""Strategies as data: `language` (the parsed rules), `parse` (from a document), `evaluation` (rules
on a panel), `english` (rules in words), `explanation` (why a stock was or was not bought).
May import what is below: `market`, `kernel` and the indicators.
"""
