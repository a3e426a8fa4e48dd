"""Decisions on orders: the engine, baskets, cover orders and exits, the simulated exchange, and
reconciliation with a broker's order book. No clock and no I/O: the caller passes the time. May
import every package of core but `backtest`.
"""
