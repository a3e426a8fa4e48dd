"""Backtests: `run` plays a strategy over a panel and returns the report. Rooms: `simulation` (the
days, on the kernel), `kernel`, `reference` (an independent simulator to check it), `metrics`,
`report`, `robustness` (sweeps, walk-forward, Monte Carlo), `tearsheet`, and `config`. Imports go
down only; no clock, files or network.
"""
