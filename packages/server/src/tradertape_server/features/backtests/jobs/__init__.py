"""Who computes a backtest: the queues in the tables, and the runner of synchronous requests.

May import studies, runs and models; knows nothing of HTTP.
"""
