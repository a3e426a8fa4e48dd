"""Backtests of strategies, robustness studies of them, and the queues that compute both.

`http` (routes) > `jobs` (job queues, synchronous runner) > `queries` (what other features may read)
> `studies` > `runs` > `models`. `build` joins the parts. Stands on strategies, market and auth.
"""
