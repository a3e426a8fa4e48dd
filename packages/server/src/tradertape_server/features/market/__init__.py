"""Market data: data sets on disk, panels for evaluator and kernel, import, fetch, verify.

Nothing here needs a database; a data set is a folder under `<home>/market/`. What a backtest needs
to open a panel imports numpy alone, so that a new process answers at once.
"""
