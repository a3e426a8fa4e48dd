"""Robustness studies: sweeps, searches, walk-forward, Monte Carlo, look-ahead and recursive checks.

A study is a plan of many variants of one backtest. May import runs and models, not jobs.
"""
