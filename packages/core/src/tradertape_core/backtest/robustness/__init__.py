"""How far a result depends on luck and parameters: grids, sweeps, walk-forward, Monte Carlo and the
look-ahead check. May import the simulation, the metrics and the report.
"""
