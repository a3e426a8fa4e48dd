"""Risk rules of an order, margins and funds, and the protection of positions: pure decisions on
given facts. May import what is below: `ledger`, `orders`, `options`, `market`, `kernel`.
"""
