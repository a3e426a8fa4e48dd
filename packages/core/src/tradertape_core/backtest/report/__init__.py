"""The report of a backtest: trades with their reasons, series, costs, warnings, texts, CSV and the
hashes that identify it. May import `metrics` and `config`.
"""
