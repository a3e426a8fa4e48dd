"""Backtests: `run` plays a strategy over a panel and returns the report. Packages: `simulation`
(the days, on the kernel), `kernel`, `reference` (an independent simulator to check it), `metrics`,
`report`, `robustness` (sweeps, walk-forward, Monte Carlo), `tearsheet`, and `config`. May import
every other package of core.
"""
