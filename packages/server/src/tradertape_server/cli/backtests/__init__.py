"""`tradertape backtest`: run, sweep, list and show. May import market, strategies, backtests."""
